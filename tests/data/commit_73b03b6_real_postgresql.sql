SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION '% is append-only: a correction supersedes, nothing is edited away', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.api_key (
    id bigint NOT NULL,
    name character varying(120) NOT NULL,
    prefix character varying(16) NOT NULL,
    hash character varying(64) NOT NULL,
    scopes json NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);
CREATE SEQUENCE public.api_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.api_key_id_seq OWNED BY public.api_key.id;
CREATE TABLE public.attached_resolver (
    question_id bigint NOT NULL,
    resolver character varying(80) NOT NULL,
    config json NOT NULL,
    lead_hours integer NOT NULL,
    every_minutes integer NOT NULL,
    automatic boolean NOT NULL,
    automatic_by character varying(200),
    paused boolean NOT NULL,
    attached_at timestamp with time zone NOT NULL,
    attached_by character varying(200) NOT NULL,
    next_probe_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    lease_token character varying(40),
    probed_at timestamp with time zone,
    sight character varying(32) NOT NULL,
    saw json NOT NULL,
    reason text NOT NULL,
    good_at timestamp with time zone,
    failures integer NOT NULL,
    CONSTRAINT ck_attached_resolver_automatic_by CHECK (((automatic_by IS NULL) = (NOT automatic))),
    CONSTRAINT ck_attached_resolver_every_minutes CHECK ((every_minutes > 0)),
    CONSTRAINT ck_attached_resolver_failures CHECK ((failures >= 0)),
    CONSTRAINT ck_attached_resolver_lead_hours CHECK ((lead_hours >= 0)),
    CONSTRAINT ck_attached_resolver_lease CHECK (((lease_token IS NULL) = (lease_until IS NULL))),
    CONSTRAINT ck_attached_resolver_sight CHECK (((sight)::text = ANY ((ARRAY['waiting'::character varying, 'nothing'::character varying, 'proposed'::character varying, 'unavailable'::character varying, 'changed'::character varying, 'misconfigured'::character varying, 'failed'::character varying])::text[])))
);
CREATE TABLE public.channel (
    id bigint NOT NULL,
    name character varying(120) NOT NULL,
    kind character varying(32) NOT NULL,
    target character varying(2000) NOT NULL,
    secret character varying(120) NOT NULL,
    topics json NOT NULL,
    escalations_only boolean NOT NULL,
    enabled boolean NOT NULL,
    disabled_reason text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    person character varying(200),
    zone character varying(64) DEFAULT 'UTC'::character varying NOT NULL,
    quiet_from character varying(5),
    quiet_to character varying(5),
    digest_at character varying(5),
    CONSTRAINT ck_channel_channelkind CHECK (((kind)::text = ANY ((ARRAY['webhook'::character varying, 'email'::character varying, 'chat'::character varying])::text[])))
);
CREATE SEQUENCE public.channel_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.channel_id_seq OWNED BY public.channel.id;
CREATE TABLE public.commentator (
    id bigint NOT NULL,
    slug character varying(120) NOT NULL,
    name character varying(200) NOT NULL,
    name_key character varying(200) NOT NULL,
    kind character varying(32) NOT NULL,
    description text NOT NULL,
    statement text NOT NULL,
    invented boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    statement_on character varying(10),
    statement_url character varying(2000),
    CONSTRAINT ck_commentator_commentatorkind CHECK (((kind)::text = ANY ((ARRAY['person'::character varying, 'organisation'::character varying, 'market'::character varying, 'model'::character varying])::text[])))
);
CREATE SEQUENCE public.commentator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.commentator_id_seq OWNED BY public.commentator.id;
CREATE TABLE public.delivery (
    id bigint NOT NULL,
    prompt_id bigint,
    channel_id bigint NOT NULL,
    message_id character varying(60) NOT NULL,
    payload text NOT NULL,
    state character varying(32) NOT NULL,
    attempts integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    lease_token character varying(40),
    last_error text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    digest_id bigint,
    CONSTRAINT ck_delivery_attempts CHECK ((attempts >= 0)),
    CONSTRAINT ck_delivery_deliverystate CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'delivered'::character varying, 'dead'::character varying, 'cancelled'::character varying])::text[]))),
    CONSTRAINT ck_delivery_lease CHECK (((lease_token IS NULL) = (lease_until IS NULL))),
    CONSTRAINT ck_delivery_leased_is_pending CHECK ((((state)::text = 'pending'::text) OR (lease_token IS NULL)))
);
CREATE TABLE public.delivery_attempt (
    id bigint NOT NULL,
    delivery_id bigint NOT NULL,
    number integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    status_code integer,
    error text NOT NULL
);
CREATE SEQUENCE public.delivery_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.delivery_attempt_id_seq OWNED BY public.delivery_attempt.id;
CREATE SEQUENCE public.delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.delivery_id_seq OWNED BY public.delivery.id;
CREATE TABLE public.idempotent_reply (
    key character varying(200) NOT NULL,
    owner character varying(120) NOT NULL,
    request_sha256 character varying(64) NOT NULL,
    status integer NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.ledger_event (
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor character varying(120) NOT NULL,
    action character varying(60) NOT NULL,
    subject character varying(30) NOT NULL,
    subject_id bigint NOT NULL,
    body text NOT NULL,
    salt character varying(32) NOT NULL,
    body_hash character varying(64) NOT NULL,
    hash character varying(64) NOT NULL
);
CREATE TABLE public.prediction (
    id bigint NOT NULL,
    commentator_id bigint NOT NULL,
    question_id bigint NOT NULL,
    source_id bigint,
    made_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by character varying(120) NOT NULL,
    probability double precision,
    probabilities json,
    low double precision,
    high double precision,
    hedge character varying(200),
    lexicon character varying(40),
    lexicon_version character varying(20),
    phrase character varying(80),
    hedged boolean NOT NULL,
    overridden boolean NOT NULL,
    commitment boolean NOT NULL,
    note text NOT NULL,
    supersedes_id bigint,
    withdrawn boolean NOT NULL,
    reason text,
    against boolean DEFAULT false NOT NULL,
    CONSTRAINT ck_prediction_has_interval CHECK ((((low IS NULL) = (probability IS NULL)) AND ((high IS NULL) = (low IS NULL)))),
    CONSTRAINT ck_prediction_has_probability CHECK ((commitment OR withdrawn OR (probability IS NOT NULL) OR (probabilities IS NOT NULL))),
    CONSTRAINT ck_prediction_hedge_has_lexicon CHECK (((hedge IS NULL) = (lexicon IS NULL))),
    CONSTRAINT ck_prediction_interval CHECK (((low >= (0)::double precision) AND (low <= probability) AND (probability <= high) AND (high <= (1)::double precision))),
    CONSTRAINT ck_prediction_lexicon_has_version CHECK (((lexicon IS NULL) = (lexicon_version IS NULL))),
    CONSTRAINT ck_prediction_one_form CHECK (((probability IS NULL) OR (probabilities IS NULL))),
    CONSTRAINT ck_prediction_probability CHECK (((probability >= (0)::double precision) AND (probability <= (1)::double precision))),
    CONSTRAINT ck_prediction_superseding_has_reason CHECK (((supersedes_id IS NULL) = (reason IS NULL))),
    CONSTRAINT ck_prediction_withdrawn_supersedes CHECK (((NOT withdrawn) OR (supersedes_id IS NOT NULL)))
);
CREATE SEQUENCE public.prediction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.prediction_id_seq OWNED BY public.prediction.id;
CREATE TABLE public.prompt (
    id bigint NOT NULL,
    question_id bigint NOT NULL,
    stage character varying(20) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    scheduled_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.prompt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.prompt_id_seq OWNED BY public.prompt.id;
CREATE TABLE public.proposal (
    id bigint NOT NULL,
    question_id bigint NOT NULL,
    resolver character varying(80) NOT NULL,
    config_sha256 character varying(64) NOT NULL,
    outcome character varying(120) NOT NULL,
    known_at timestamp with time zone,
    confidence double precision NOT NULL,
    rationale text NOT NULL,
    evidence json NOT NULL,
    evidence_sha256 character varying(64) NOT NULL,
    state character varying(32) NOT NULL,
    proposed_by character varying(120) NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    decided_by character varying(120),
    decided_at timestamp with time zone,
    reason text,
    CONSTRAINT ck_proposal_confidence CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT ck_proposal_decided CHECK ((((state)::text = 'pending'::text) = (decided_at IS NULL))),
    CONSTRAINT ck_proposal_proposalstate CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'confirmed'::character varying, 'rejected'::character varying, 'overtaken'::character varying])::text[])))
);
CREATE SEQUENCE public.proposal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.proposal_id_seq OWNED BY public.proposal.id;
CREATE TABLE public.question (
    id bigint NOT NULL,
    slug character varying(120) NOT NULL,
    text text NOT NULL,
    resolution_criteria text NOT NULL,
    kind character varying(32) NOT NULL,
    options json,
    opens_at timestamp with time zone,
    deadline timestamp with time zone NOT NULL,
    deadline_zone character varying(64) NOT NULL,
    deadline_basis character varying(32) NOT NULL,
    event character varying(120) NOT NULL,
    condition_question_id bigint,
    condition_outcome character varying(120),
    condition_text text,
    status character varying(32) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    next_prompt_at timestamp with time zone,
    prompts integer NOT NULL,
    outcome character varying(120),
    known_at timestamp with time zone,
    invented boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    snoozed_until timestamp with time zone,
    snoozes integer DEFAULT 0 NOT NULL,
    assignee character varying(200),
    CONSTRAINT ck_question_annulled CHECK ((((status)::text = 'annulled'::text) = ((outcome IS NOT NULL) AND ((outcome)::text = 'annulled'::text)))),
    CONSTRAINT ck_question_condition CHECK (((condition_question_id IS NULL) = (condition_outcome IS NULL))),
    CONSTRAINT ck_question_deadlinebasis CHECK (((deadline_basis)::text = ANY ((ARRAY['stated'::character varying, 'implied'::character varying, 'assigned'::character varying])::text[]))),
    CONSTRAINT ck_question_due_by_deadline CHECK ((due_at <= deadline)),
    CONSTRAINT ck_question_known_at_fits_outcome CHECK (((outcome IS NULL) = (known_at IS NULL))),
    CONSTRAINT ck_question_options_fit_kind CHECK ((((kind)::text = 'binary'::text) = (options IS NULL))),
    CONSTRAINT ck_question_outcome_fits_status CHECK ((((status)::text = ANY ((ARRAY['resolved'::character varying, 'annulled'::character varying])::text[])) = (outcome IS NOT NULL))),
    CONSTRAINT ck_question_prompts CHECK ((prompts >= 0)),
    CONSTRAINT ck_question_questionkind CHECK (((kind)::text = ANY ((ARRAY['binary'::character varying, 'categorical'::character varying, 'ordinal'::character varying])::text[]))),
    CONSTRAINT ck_question_questionstatus CHECK (((status)::text = ANY ((ARRAY['open'::character varying, 'due'::character varying, 'resolved'::character varying, 'annulled'::character varying])::text[])))
);
CREATE SEQUENCE public.question_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.question_id_seq OWNED BY public.question.id;
CREATE TABLE public.question_topic (
    question_id bigint NOT NULL,
    topic character varying(60) NOT NULL
);
CREATE TABLE public.reference (
    id bigint NOT NULL,
    question_id bigint NOT NULL,
    probabilities json NOT NULL,
    source character varying(500) NOT NULL,
    as_of timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.reference_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.reference_id_seq OWNED BY public.reference.id;
CREATE TABLE public.resolution (
    id bigint NOT NULL,
    question_id bigint NOT NULL,
    outcome character varying(120),
    known_at timestamp with time zone,
    evidence json NOT NULL,
    note text NOT NULL,
    automatic boolean NOT NULL,
    resolved_at timestamp with time zone NOT NULL,
    resolved_by character varying(120) NOT NULL,
    proposal_id bigint,
    supersedes_id bigint,
    CONSTRAINT ck_resolution_known_at_fits_outcome CHECK (((outcome IS NULL) = (known_at IS NULL))),
    CONSTRAINT ck_resolution_taking_back_supersedes CHECK (((outcome IS NOT NULL) OR (supersedes_id IS NOT NULL)))
);
CREATE SEQUENCE public.resolution_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.resolution_id_seq OWNED BY public.resolution.id;
CREATE TABLE public.score (
    commentator_id bigint NOT NULL,
    question_id bigint NOT NULL,
    opening bigint NOT NULL,
    latest bigint NOT NULL,
    time_weighted bigint NOT NULL,
    opening_low bigint NOT NULL,
    opening_high bigint NOT NULL,
    opening_id bigint NOT NULL,
    latest_id bigint NOT NULL,
    counted integer NOT NULL,
    reference bigint NOT NULL,
    reference_type character varying(32) NOT NULL,
    worded boolean NOT NULL,
    hedged boolean NOT NULL,
    recorded_late boolean NOT NULL,
    deadline timestamp with time zone NOT NULL,
    CONSTRAINT ck_score_counted CHECK ((counted > 0)),
    CONSTRAINT ck_score_latest CHECK (((latest >= 0) AND (latest <= '1000000000000'::bigint))),
    CONSTRAINT ck_score_opening CHECK (((opening >= 0) AND (opening <= '1000000000000'::bigint))),
    CONSTRAINT ck_score_opening_range CHECK (((0 <= opening_low) AND (opening_low <= opening) AND (opening <= opening_high))),
    CONSTRAINT ck_score_referencetype CHECK (((reference_type)::text = ANY ((ARRAY['market'::character varying, 'consensus'::character varying, 'base_rate'::character varying, 'even'::character varying])::text[]))),
    CONSTRAINT ck_score_time_weighted CHECK (((time_weighted >= 0) AND (time_weighted <= '1000000000000'::bigint)))
);
CREATE TABLE public.source (
    id bigint NOT NULL,
    url character varying(2000) NOT NULL,
    title character varying(500) NOT NULL,
    outlet character varying(200) NOT NULL,
    published_on character varying(10),
    invented boolean NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.source_host (
    host character varying(300) NOT NULL,
    next_at timestamp with time zone,
    failures integer NOT NULL,
    last_good_at timestamp with time zone,
    last_error text,
    broken boolean NOT NULL
);
CREATE SEQUENCE public.source_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.source_id_seq OWNED BY public.source.id;
CREATE TABLE public.source_page (
    url_sha256 character varying(64) NOT NULL,
    sha256 character varying(64) NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    etag text,
    last_modified text,
    headers json NOT NULL,
    final_url text NOT NULL
);
CREATE TABLE public.standing (
    commentator_id bigint NOT NULL,
    topic character varying(60) NOT NULL,
    questions integer NOT NULL,
    resolved integer NOT NULL,
    annulled integer NOT NULL,
    uncounted integer NOT NULL,
    hedged integer NOT NULL,
    opening bigint NOT NULL,
    latest bigint NOT NULL,
    time_weighted bigint NOT NULL,
    opening_low bigint NOT NULL,
    opening_high bigint NOT NULL,
    CONSTRAINT ck_standing_counts CHECK (((questions >= 0) AND (resolved >= 0) AND (annulled >= 0) AND (uncounted >= 0) AND (hedged >= 0)))
);
CREATE TABLE public.subscription (
    id bigint NOT NULL,
    channel_id bigint NOT NULL,
    question_id bigint,
    topic character varying(60),
    created_at timestamp with time zone NOT NULL,
    created_by character varying(200) NOT NULL,
    CONSTRAINT ck_subscription_names_one CHECK (((question_id IS NULL) <> (topic IS NULL)))
);
CREATE SEQUENCE public.subscription_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.subscription_id_seq OWNED BY public.subscription.id;
ALTER TABLE ONLY public.api_key ALTER COLUMN id SET DEFAULT nextval('public.api_key_id_seq'::regclass);
ALTER TABLE ONLY public.channel ALTER COLUMN id SET DEFAULT nextval('public.channel_id_seq'::regclass);
ALTER TABLE ONLY public.commentator ALTER COLUMN id SET DEFAULT nextval('public.commentator_id_seq'::regclass);
ALTER TABLE ONLY public.delivery ALTER COLUMN id SET DEFAULT nextval('public.delivery_id_seq'::regclass);
ALTER TABLE ONLY public.delivery_attempt ALTER COLUMN id SET DEFAULT nextval('public.delivery_attempt_id_seq'::regclass);
ALTER TABLE ONLY public.prediction ALTER COLUMN id SET DEFAULT nextval('public.prediction_id_seq'::regclass);
ALTER TABLE ONLY public.prompt ALTER COLUMN id SET DEFAULT nextval('public.prompt_id_seq'::regclass);
ALTER TABLE ONLY public.proposal ALTER COLUMN id SET DEFAULT nextval('public.proposal_id_seq'::regclass);
ALTER TABLE ONLY public.question ALTER COLUMN id SET DEFAULT nextval('public.question_id_seq'::regclass);
ALTER TABLE ONLY public.reference ALTER COLUMN id SET DEFAULT nextval('public.reference_id_seq'::regclass);
ALTER TABLE ONLY public.resolution ALTER COLUMN id SET DEFAULT nextval('public.resolution_id_seq'::regclass);
ALTER TABLE ONLY public.source ALTER COLUMN id SET DEFAULT nextval('public.source_id_seq'::regclass);
ALTER TABLE ONLY public.subscription ALTER COLUMN id SET DEFAULT nextval('public.subscription_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0008');
INSERT INTO public.api_key VALUES (1, 'first admin', '33e1d04f02f1', '3e50d65cddfb295a5709e176732041385745ba70d2d8a856cddb795c80b482f6', '["admin"]', '2025-04-01 12:00:00+00', NULL);
INSERT INTO public.attached_resolver VALUES (3, 'manifold', '{"market": "will-it-be-windy", "criteria_match": false, "by_slug": false, "base_url": "https://api.manifold.markets/"}', 168, 360, false, NULL, false, '2025-04-01 12:00:00+00', 'first admin', '2025-04-25 00:06:11.128288+00', NULL, NULL, NULL, 'waiting', '[]', '', NULL, 0);
INSERT INTO public.channel VALUES (1, 'desk', 'webhook', 'https://example.org/hook', 'whsec_9emsw9lwbi0/SprxhdMpyvn0WARHiqupNLkzo4trKow=', '[]', false, true, '', '2025-04-01 12:00:00+00', NULL, 'UTC', NULL, NULL, NULL);
INSERT INTO public.commentator VALUES (1, 'ann-example', 'Ann Example', 'ann example', 'person', '', '', false, '2025-04-01 12:00:00+00', NULL, NULL);
INSERT INTO public.commentator VALUES (2, 'bob-example', 'Bob Example', 'bob example', 'person', '', '', false, '2025-04-01 12:00:00+00', NULL, NULL);
INSERT INTO public.commentator VALUES (3, 'cy-example', 'Cy Example', 'cy example', 'person', '', '', false, '2025-04-01 12:00:00+00', NULL, NULL);
INSERT INTO public.commentator VALUES (4, 'dee-example', 'Dee Example', 'dee example', 'person', '', '', false, '2025-04-01 12:00:00+00', NULL, NULL);
INSERT INTO public.commentator VALUES (5, 'eve-example', 'Eve Example', 'eve example', 'person', '', '', false, '2025-04-01 12:00:00+00', NULL, NULL);
INSERT INTO public.commentator VALUES (6, 'fay-example', 'Fay Example', 'fay example', 'person', '', '', false, '2025-04-01 12:00:00+00', NULL, NULL);
INSERT INTO public.ledger_event VALUES (1, '2025-04-01 12:00:00+00', 'first admin', 'question.entered', 'question', 1, '{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"rain","id":1,"invented":false,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"rain","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be rain?","topics":["weather"]}', '7bc820a8126c61fb7be3aab78ea662a5', 'caca0313ec3f023d83b93e4cc2a7696bc606a7d7bcce9de5cc2e91ac56db1fd1', 'f912a3cf1de9608f37ff1a4c6aa5d14199d790fac0060355aa4a2fa9c453b817');
INSERT INTO public.ledger_event VALUES (2, '2025-04-01 12:00:00+00', 'first admin', 'question.entered', 'question', 2, '{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"snow","id":2,"invented":false,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"snow","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be snow?","topics":["weather"]}', '09e8dc8356f5b4ad97c9356f96c493f0', '66262d46cc7e2765f80e581fd4239bbf043a7a122bf686ea2efcf2456ad16aed', '1cc119e482e9ef8bfb9635fe9afa48620032800753d047ffb8c11e7a22d3a203');
INSERT INTO public.ledger_event VALUES (3, '2025-04-01 12:00:00+00', 'first admin', 'question.entered', 'question', 3, '{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"wind","id":3,"invented":false,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"wind","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be wind?","topics":["weather"]}', 'b0933da2cf7b539f4a8afb5df404e2dc', 'b549fb417ede723af3ef215ac483a61948de6226e712a96c61189b96b1f91444', 'ae40193ba5115f547c171ff8ead15ec3c1188df17a794fc0f30da42040350659');
INSERT INTO public.ledger_event VALUES (4, '2025-04-01 12:00:00+00', 'first admin', 'commentator.entered', 'commentator', 1, '{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":1,"invented":false,"kind":"person","name":"Ann Example","name_key":"ann example","slug":"ann-example","statement":"","statement_on":null,"statement_url":null}', 'de0835aacbb0c32ac2d2cef4feadb605', '8f2756fd0a87f7de411546f1f8bb922db43661bb3248d162faf3b66598f15a8e', '648b9759841e22dc4e1f81d68567dc6bb54ee259f6fc929be781c2b0f8913dc4');
INSERT INTO public.ledger_event VALUES (5, '2025-04-01 12:00:00+00', 'first admin', 'source.entered', 'source', 1, '{"created_at":"2025-04-01T12:00:00+00:00","id":1,"invented":false,"outlet":"The Gazette","published_on":null,"title":"A column","url":"https://example.org/column"}', 'a67b50b303f611b58bdd8ab7a132135b', '8493b823958d7ffdac7497251ff7bdb31a0e4411d13abf30a1c7cd69902cc642', 'cba7e105139a14ca23d0b3fceadb5f3d17e99691b3bdde1c080e5c98f67b6fc6');
INSERT INTO public.ledger_event VALUES (6, '2025-04-01 12:00:00+00', 'first admin', 'prediction.recorded', 'prediction', 1, '{"commentator_id":1,"commitment":false,"hedge":"unlikely","hedged":false,"high":0.3,"id":1,"lexicon":"survey","lexicon_version":"1","low":0.05,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":"unlikely","probabilities":null,"probability":0.19,"question_id":1,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}', 'a854fcec107c2e6dd2031cbaf8540baa', '3ea0d0fe0018af24c3574f333d2c9dee4534049c1472fca59e9ad8610115f0c5', '349e144be6ab8be3fd0706b29e9e0348de47b8c81fe74542a1e5af65a5fc6759');
INSERT INTO public.ledger_event VALUES (7, '2025-04-01 12:00:00+00', 'first admin', 'prediction.recorded', 'prediction', 2, '{"commentator_id":1,"commitment":false,"hedge":"might","hedged":true,"high":0.6,"id":2,"lexicon":"survey","lexicon_version":"1","low":0.15,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":"might","probabilities":null,"probability":0.39,"question_id":2,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}', '0ed3d3eb8c2b410efad33b5fbf6f829c', '73f17ce20f440ed42e4f1af86de958429c5a4945e6b048dbc6099bebbfa6da44', '0ef75c0474f25e3efb5f39d8c429ade02b52307c3a0217d7b3eb016f4c599148');
INSERT INTO public.ledger_event VALUES (8, '2025-04-01 12:00:00+00', 'first admin', 'commentator.entered', 'commentator', 2, '{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":2,"invented":false,"kind":"person","name":"Bob Example","name_key":"bob example","slug":"bob-example","statement":"","statement_on":null,"statement_url":null}', '822200752fc4259f065fc3b740213beb', '684816b8d57675c5d808b119f783d9904b578ce9375d5ed2bc0a494d07a27663', 'fbf8af3583831a3925d5865ab24f36dd3ea35b5ec30b1ac19f38e269f2399784');
INSERT INTO public.ledger_event VALUES (9, '2025-04-01 12:00:00+00', 'first admin', 'prediction.recorded', 'prediction', 3, '{"commentator_id":2,"commitment":false,"hedge":null,"hedged":false,"high":0.8,"id":3,"lexicon":null,"lexicon_version":null,"low":0.8,"made_at":"2025-03-20T00:00:00+00:00","note":"A note.","overridden":false,"phrase":null,"probabilities":null,"probability":0.8,"question_id":1,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}', 'c05de84cc6b43a5c471a14c0a48b826c', 'b7d2fdae4343715854a4ddd3f9bf65eb6b1166deee831e1510d23e915a7f2297', 'db77fbcd64c2c7348ac61cb377fe1b7a2bd4cb169ff3e2ede302928de4af790f');
INSERT INTO public.ledger_event VALUES (10, '2025-04-01 12:00:00+00', 'first admin', 'commentator.entered', 'commentator', 3, '{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":3,"invented":false,"kind":"person","name":"Cy Example","name_key":"cy example","slug":"cy-example","statement":"","statement_on":null,"statement_url":null}', '0ea2b7f20c9752c59fe8ce642b7856a2', '876934187142aad5a6d6e8d2e4ad44ba4df8b2e9506341392a6502ebd955904c', '240032007b8b6466399c1addafec212b4217bd64927519d417bfea6d26d49707');
INSERT INTO public.ledger_event VALUES (11, '2025-04-01 12:00:00+00', 'first admin', 'commentator.entered', 'commentator', 4, '{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":4,"invented":false,"kind":"person","name":"Dee Example","name_key":"dee example","slug":"dee-example","statement":"","statement_on":null,"statement_url":null}', '1567e3e06311ac34752661beff130259', '865f641b7491aff4f4990ed484829f44bf6333ded6e2ccf9713facf0a5db796b', '4479a495e06186334dacaa8344e4ce3a135388ec0812b6f38708a3576e2a2d1a');
INSERT INTO public.ledger_event VALUES (12, '2025-04-01 12:00:00+00', 'first admin', 'commentator.entered', 'commentator', 5, '{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":5,"invented":false,"kind":"person","name":"Eve Example","name_key":"eve example","slug":"eve-example","statement":"","statement_on":null,"statement_url":null}', '74bbc71ef84e367fa9c34695420018d0', '91d441dd844b63008f177e19fb29fccde0c71c83fde3d394521273714dce94f9', 'b3a461654803f3a7cd6594e5420fc6a0741ef15f01195615e73f948a4b1a9c4b');
INSERT INTO public.ledger_event VALUES (13, '2025-04-01 12:00:00+00', 'first admin', 'predictions.recorded', 'prediction', 4, '{"count":4,"ids":[[4,7]],"sha256":"73e70b04efb914e42e57fea16b472697d9dd399acefce64964182c4008edd0b3"}', 'd585b842f38ad1a81f743c15a809ecc6', 'fc8306414d61e9855d420478f9ec92759c30421bc81ab7caf2bf1394c8ccb027', 'ff5e5bd57aa58cb91eb938e5d99fcd3849111e84a60e575f453de6824618ac75');
INSERT INTO public.ledger_event VALUES (14, '2025-04-01 12:00:00+00', 'first admin', 'prediction.corrected', 'prediction', 8, '{"commentator_id":1,"commitment":false,"hedge":null,"hedged":false,"high":0.35,"id":8,"lexicon":null,"lexicon_version":null,"low":0.35,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":null,"probabilities":null,"probability":0.35,"question_id":2,"reason":"The figure was misread.","recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":null,"supersedes_id":2,"withdrawn":false}', '36eb871b5e39f15e779a160d7ed78800', '1e33c240fc6913b490facc2805ca340b96b94881790e4857fea92167bb55663a', '5dbabe9e72c66455a7d8ad6a9b322a3cd0e48fd20f5328d2313bb15acdfa69db');
INSERT INTO public.ledger_event VALUES (15, '2025-04-01 12:00:00+00', 'first admin', 'commentator.entered', 'commentator', 6, '{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":6,"invented":false,"kind":"person","name":"Fay Example","name_key":"fay example","slug":"fay-example","statement":"","statement_on":null,"statement_url":null}', '553afd8f3584fd2dfaccf8db0081f47c', '90fa3e225f3c7193fec278ddb8c3f2cda1b19e3279864c12d5de4cac2685a30e', '656f68e0283f9c49480923a5ac2b26fce809c290f6c87c123a0307ad64bbf595');
INSERT INTO public.ledger_event VALUES (16, '2025-04-01 12:00:00+00', 'first admin', 'prediction.recorded', 'prediction', 9, '{"commentator_id":6,"commitment":false,"hedge":null,"hedged":false,"high":0.5,"id":9,"lexicon":null,"lexicon_version":null,"low":0.5,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":null,"probabilities":null,"probability":0.5,"question_id":3,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}', 'f49e818611ad2aa7e556cd43c84f7bec', '34132acbedf2f7f2de02ec00918906d7529cf79c7af35d98376804df2c36cd0e', 'eaf47ae8b72f193630de7c8ab32ce46fbfc63fbb684584642910e5e0e7a80646');
INSERT INTO public.ledger_event VALUES (17, '2025-04-01 12:00:00+00', 'first admin', 'prediction.withdrawn', 'prediction', 10, '{"commentator_id":6,"commitment":false,"hedge":null,"hedged":false,"high":null,"id":10,"lexicon":null,"lexicon_version":null,"low":null,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":null,"probabilities":null,"probability":null,"question_id":3,"reason":"Said by somebody else.","recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":9,"withdrawn":true}', 'a24f69986f17b1332bd631843799b5e2', 'a997b36c839733222f73db8aed7aa55004fff8af3e32723c647cc8f4a4cda6f9', '0af8991d9fb3e284ae4f548bcb0b33b6f4184d308f20ad34d0a650c4911147de');
INSERT INTO public.ledger_event VALUES (18, '2025-04-01 12:00:00+00', 'first admin', 'question.scored', 'question', 3, '{"commentators":0}', 'f212efa189c6de668ad3e8d3e893cf8c', 'b1e6b5803e2ac3951350323bc68a3722d951b1614ddbc73ad9a8819d1fe8d99f', '8e8df5e84db2ff24ad6df9d2cb57407c3d931ba73ec0efc9fec0fab9400d50bc');
INSERT INTO public.ledger_event VALUES (19, '2025-04-01 12:00:00+00', 'first admin', 'question.resolver_attached', 'question', 3, '{"after":{"automatic":false,"config":{"base_url":"https://api.manifold.markets/","by_slug":false,"criteria_match":false,"market":"will-it-be-windy"},"every_minutes":360,"lead_hours":168,"paused":false,"resolver":"manifold"},"before":null}', '968191df3a322fbd590ced801ec42dd2', 'aa74bfd8bbbac4523d0c2651f8c035825a630749cdb52a4e0e34dd534c978b4b', '7f35970814d8a5d60a9e4429e2239dd1b5dd10d4e3fc53848dfade02efa17b8e');
INSERT INTO public.ledger_event VALUES (20, '2025-05-11 12:00:00+00', 'first admin', 'resolution.confirmed', 'resolution', 1, '{"automatic":false,"evidence":[{"note":"The official figure.","url":"https://example.org/e"}],"id":1,"known_at":"2025-05-01T23:59:59+00:00","note":"","outcome":"yes","proposal_id":null,"question_id":1,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":null}', 'd047ec7dad65a6a199cb35717290b233', '986d369b8af5667d4f4bdf976c07c4d46df8cafd039ec8cf5a3375d7d14baaab', '98d068526f913ad2ed2d052b7ffe60e6ac0938891665f7bc813d4632cf42ba20');
INSERT INTO public.ledger_event VALUES (21, '2025-05-11 12:00:00+00', 'first admin', 'question.scored', 'question', 1, '{"commentators":3}', 'cf698cc30c0c1bddfc776aad77536c95', 'c21200f094c7896eb7891fcd726c982bbb529c01c6728c9ad49eaea5374f6cf8', 'e6701d98f5ab05b53796b02557863c96a75e8662782d6e9e30f52e5b06b2faf1');
INSERT INTO public.ledger_event VALUES (22, '2025-05-11 12:00:00+00', 'first admin', 'resolution.confirmed', 'resolution', 2, '{"automatic":false,"evidence":[{"note":"The official figure.","url":"https://example.org/e"}],"id":2,"known_at":"2025-05-01T23:59:59+00:00","note":"","outcome":"yes","proposal_id":null,"question_id":2,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":null}', 'dadc6902e5f144410d4e8837e48560b4', '9cb167b6051b46f34c314d811d8591fc70c417d9d167d911b58d09762d2fa316', '5dd9a552ee8de679962b3f30c1780bccc310392a9cecd39acb50fcdbb788eb3c');
INSERT INTO public.ledger_event VALUES (23, '2025-05-11 12:00:00+00', 'first admin', 'question.scored', 'question', 2, '{"commentators":3}', 'c0d59f7c4ccbaa680da178f348e73be1', '22e7b5fd1687ca16733d9d0e21b5053f7511d659b5c6fda8209770311cda0a94', '141c715fcba0e4aa74df9ece81884caaad8436f97c11adcdced424ac6dc61c46');
INSERT INTO public.ledger_event VALUES (24, '2025-05-11 12:00:00+00', 'first admin', 'resolution.corrected', 'resolution', 3, '{"automatic":false,"evidence":[{"note":"The official figure.","url":"https://example.org/e"}],"id":3,"known_at":"2025-05-01T23:59:59+00:00","note":"Corrected.","outcome":"no","proposal_id":null,"question_id":2,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":2}', 'c3ed7370a115b6f3b38596d02dca37a7', '9d2292f3c55f39b3dd443a0e27833b0d59064c8a0b633a77071b7774aebeca22', 'f9bcb19dd8e28438d51e940a6a5386f47cc3b8457d04538123e6b861a85d795e');
INSERT INTO public.ledger_event VALUES (25, '2025-05-11 12:00:00+00', 'first admin', 'question.scored', 'question', 2, '{"commentators":3}', 'cd2759109e3d169eb9e2e61543a43da3', 'c899561fe2bfb9b4ba32aa5dfd37445d67ff08d954500ce6425a73bf66283da0', '6362caf202cf22577981fb46e3efd0dfe0de0923f1c417191ff2cfdae3a8bec7');
INSERT INTO public.ledger_event VALUES (26, '2025-05-11 12:00:00+00', 'first admin', 'resolution.confirmed', 'resolution', 4, '{"automatic":false,"evidence":[{"note":"The official figure.","url":"https://example.org/e"}],"id":4,"known_at":"2025-05-01T23:59:59+00:00","note":"","outcome":"no","proposal_id":null,"question_id":3,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":null}', '76cd123d07009a4fbb3cbe4e0f16fde3', '08898bbc4c2871d650fcfdbc663ff94317e3d7bc8200843b6d720b9dfed5f291', '0642b06ba25899a4132d7c4d94f564c56a84ef77aa594f8aad3b398020f363bd');
INSERT INTO public.ledger_event VALUES (27, '2025-05-11 12:00:00+00', 'first admin', 'question.scored', 'question', 3, '{"commentators":1}', '12d60b6d4486b1f0bf059f46c908564a', '1198cfd2984b0e2606cac8f14f11f82666821682189c179cf233dd1f1f1314e6', '7b77fd1a006913f777bc3fb693dea4081815d3d340d18b233204d8db53e6d71e');
INSERT INTO public.ledger_event VALUES (28, '2025-05-11 12:00:00+00', 'first admin', 'resolution.taken_back', 'resolution', 5, '{"automatic":false,"evidence":[],"id":5,"known_at":null,"note":"The office withdrew the notice.","outcome":null,"proposal_id":null,"question_id":3,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":4}', '76f7c389d22e775268c2dd2825a50bfc', 'eb89e16d46edd12aea696d4f97b94c3f03d2252de26e63fa43abf2d1fc5ef9a0', 'c8dc623c0656a2f508519cc2d2f658bc823ceaea9a8443877ee0ab132fa9dcb3');
INSERT INTO public.ledger_event VALUES (29, '2025-05-11 12:00:00+00', 'first admin', 'question.scored', 'question', 3, '{"commentators":0}', 'e99badcee472d73f7b12f994cc847afb', '6e0d850ca6e59c2ed9cfa17a9c45ecd979cf8ef284bd72849973dfdfee22b497', '6ae4f134afbb2b91e4cda764cb9158beb132fad8a82cac03033ca676098d6e0d');
INSERT INTO public.prediction VALUES (1, 1, 1, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.19, NULL, 0.05, 0.3, 'unlikely', 'survey', '1', 'unlikely', false, false, false, '', NULL, false, NULL, false);
INSERT INTO public.prediction VALUES (2, 1, 2, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.39, NULL, 0.15, 0.6, 'might', 'survey', '1', 'might', true, false, false, '', NULL, false, NULL, false);
INSERT INTO public.prediction VALUES (3, 2, 1, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.8, NULL, 0.8, 0.8, NULL, NULL, NULL, NULL, false, false, false, 'A note.', NULL, false, NULL, false);
INSERT INTO public.prediction VALUES (4, 3, 1, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.85, NULL, 0.7, 0.95, 'very likely', 'survey', '1', 'very-likely', false, false, false, '', NULL, false, NULL, false);
INSERT INTO public.prediction VALUES (5, 3, 2, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.4, NULL, 0.15, 0.6, 'could', 'survey', '1', 'could', true, false, false, '', NULL, false, NULL, false);
INSERT INTO public.prediction VALUES (6, 4, 2, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.3, NULL, 0.3, 0.3, NULL, NULL, NULL, NULL, false, false, false, '', NULL, false, NULL, false);
INSERT INTO public.prediction VALUES (7, 5, 3, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.33, NULL, 0.2, 0.49, 'probably', 'survey', '1', 'probably', false, false, false, '', NULL, false, NULL, true);
INSERT INTO public.prediction VALUES (8, 1, 2, NULL, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.35, NULL, 0.35, 0.35, NULL, NULL, NULL, NULL, false, false, false, '', 2, false, 'The figure was misread.', false);
INSERT INTO public.prediction VALUES (9, 6, 3, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.5, NULL, 0.5, 0.5, NULL, NULL, NULL, NULL, false, false, false, '', NULL, false, NULL, false);
INSERT INTO public.prediction VALUES (10, 6, 3, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, false, '', 9, true, 'Said by somebody else.', false);
INSERT INTO public.question VALUES (1, 'rain', 'Will it be rain?', 'As the office says.', 'binary', NULL, NULL, '2025-05-01 23:59:59+00', 'UTC', 'stated', 'rain', NULL, NULL, NULL, 'resolved', '2025-05-01 23:59:59+00', NULL, 0, 'yes', '2025-05-01 23:59:59+00', false, '2025-04-01 12:00:00+00', NULL, 0, NULL);
INSERT INTO public.question VALUES (2, 'snow', 'Will it be snow?', 'As the office says.', 'binary', NULL, NULL, '2025-05-01 23:59:59+00', 'UTC', 'stated', 'snow', NULL, NULL, NULL, 'resolved', '2025-05-01 23:59:59+00', NULL, 0, 'no', '2025-05-01 23:59:59+00', false, '2025-04-01 12:00:00+00', NULL, 0, NULL);
INSERT INTO public.question VALUES (3, 'wind', 'Will it be wind?', 'As the office says.', 'binary', NULL, NULL, '2025-05-01 23:59:59+00', 'UTC', 'stated', 'wind', NULL, NULL, NULL, 'due', '2025-05-01 23:59:59+00', '2025-05-01 23:59:59+00', 0, NULL, NULL, false, '2025-04-01 12:00:00+00', NULL, 0, NULL);
INSERT INTO public.question_topic VALUES (1, 'weather');
INSERT INTO public.question_topic VALUES (2, 'weather');
INSERT INTO public.question_topic VALUES (3, 'weather');
INSERT INTO public.resolution VALUES (1, 1, 'yes', '2025-05-01 23:59:59+00', '[{"url": "https://example.org/e", "note": "The official figure."}]', '', false, '2025-05-11 12:00:00+00', 'first admin', NULL, NULL);
INSERT INTO public.resolution VALUES (2, 2, 'yes', '2025-05-01 23:59:59+00', '[{"url": "https://example.org/e", "note": "The official figure."}]', '', false, '2025-05-11 12:00:00+00', 'first admin', NULL, NULL);
INSERT INTO public.resolution VALUES (3, 2, 'no', '2025-05-01 23:59:59+00', '[{"url": "https://example.org/e", "note": "The official figure."}]', 'Corrected.', false, '2025-05-11 12:00:00+00', 'first admin', NULL, 2);
INSERT INTO public.resolution VALUES (4, 3, 'no', '2025-05-01 23:59:59+00', '[{"url": "https://example.org/e", "note": "The official figure."}]', '', false, '2025-05-11 12:00:00+00', 'first admin', NULL, NULL);
INSERT INTO public.resolution VALUES (5, 3, NULL, NULL, '[]', 'The office withdrew the notice.', false, '2025-05-11 12:00:00+00', 'first admin', NULL, 4);
INSERT INTO public.score VALUES (1, 1, 656100000000, 656100000000, 656100000000, 490000000000, 902500000000, 1, 1, 1, 250000000000, 'even', true, false, false, '2025-05-01 23:59:59+00');
INSERT INTO public.score VALUES (2, 1, 40000000000, 40000000000, 40000000000, 40000000000, 40000000000, 3, 3, 1, 250000000000, 'even', false, false, false, '2025-05-01 23:59:59+00');
INSERT INTO public.score VALUES (3, 1, 22500000000, 22500000000, 22500000000, 2500000000, 90000000000, 4, 4, 1, 250000000000, 'even', true, false, false, '2025-05-01 23:59:59+00');
INSERT INTO public.score VALUES (1, 2, 122500000000, 122500000000, 122500000000, 122500000000, 122500000000, 8, 8, 1, 250000000000, 'even', false, false, false, '2025-05-01 23:59:59+00');
INSERT INTO public.score VALUES (3, 2, 160000000000, 160000000000, 160000000000, 22500000000, 360000000000, 5, 5, 1, 250000000000, 'even', true, true, false, '2025-05-01 23:59:59+00');
INSERT INTO public.score VALUES (4, 2, 90000000000, 90000000000, 90000000000, 90000000000, 90000000000, 6, 6, 1, 250000000000, 'even', false, false, false, '2025-05-01 23:59:59+00');
INSERT INTO public.source VALUES (1, 'https://example.org/column', 'A column', 'The Gazette', NULL, false, '2025-04-01 12:00:00+00');
INSERT INTO public.standing VALUES (6, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO public.standing VALUES (6, 'weather', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO public.standing VALUES (2, '', 1, 1, 0, 0, 0, 40000000000, 40000000000, 40000000000, 40000000000, 40000000000);
INSERT INTO public.standing VALUES (2, 'weather', 1, 1, 0, 0, 0, 40000000000, 40000000000, 40000000000, 40000000000, 40000000000);
INSERT INTO public.standing VALUES (3, '', 2, 1, 0, 0, 1, 22500000000, 22500000000, 22500000000, 2500000000, 90000000000);
INSERT INTO public.standing VALUES (3, 'weather', 2, 1, 0, 0, 1, 22500000000, 22500000000, 22500000000, 2500000000, 90000000000);
INSERT INTO public.standing VALUES (1, '', 2, 2, 0, 0, 0, 778600000000, 778600000000, 778600000000, 612500000000, 1025000000000);
INSERT INTO public.standing VALUES (4, '', 1, 1, 0, 0, 0, 90000000000, 90000000000, 90000000000, 90000000000, 90000000000);
INSERT INTO public.standing VALUES (1, 'weather', 2, 2, 0, 0, 0, 778600000000, 778600000000, 778600000000, 612500000000, 1025000000000);
INSERT INTO public.standing VALUES (4, 'weather', 1, 1, 0, 0, 0, 90000000000, 90000000000, 90000000000, 90000000000, 90000000000);
INSERT INTO public.standing VALUES (5, '', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO public.standing VALUES (5, 'weather', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
SELECT pg_catalog.setval('public.api_key_id_seq', 1, true);
SELECT pg_catalog.setval('public.channel_id_seq', 1, true);
SELECT pg_catalog.setval('public.commentator_id_seq', 6, true);
SELECT pg_catalog.setval('public.delivery_attempt_id_seq', 1, false);
SELECT pg_catalog.setval('public.delivery_id_seq', 1, false);
SELECT pg_catalog.setval('public.prediction_id_seq', 10, true);
SELECT pg_catalog.setval('public.prompt_id_seq', 1, false);
SELECT pg_catalog.setval('public.proposal_id_seq', 1, false);
SELECT pg_catalog.setval('public.question_id_seq', 3, true);
SELECT pg_catalog.setval('public.reference_id_seq', 1, false);
SELECT pg_catalog.setval('public.resolution_id_seq', 5, true);
SELECT pg_catalog.setval('public.source_id_seq', 1, true);
SELECT pg_catalog.setval('public.subscription_id_seq', 1, false);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT pk_api_key PRIMARY KEY (id);
ALTER TABLE ONLY public.attached_resolver
    ADD CONSTRAINT pk_attached_resolver PRIMARY KEY (question_id);
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT pk_channel PRIMARY KEY (id);
ALTER TABLE ONLY public.commentator
    ADD CONSTRAINT pk_commentator PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT pk_delivery PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery_attempt
    ADD CONSTRAINT pk_delivery_attempt PRIMARY KEY (id);
ALTER TABLE ONLY public.idempotent_reply
    ADD CONSTRAINT pk_idempotent_reply PRIMARY KEY (key, owner);
ALTER TABLE ONLY public.ledger_event
    ADD CONSTRAINT pk_ledger_event PRIMARY KEY (seq);
ALTER TABLE ONLY public.prediction
    ADD CONSTRAINT pk_prediction PRIMARY KEY (id);
ALTER TABLE ONLY public.prompt
    ADD CONSTRAINT pk_prompt PRIMARY KEY (id);
ALTER TABLE ONLY public.proposal
    ADD CONSTRAINT pk_proposal PRIMARY KEY (id);
ALTER TABLE ONLY public.question
    ADD CONSTRAINT pk_question PRIMARY KEY (id);
ALTER TABLE ONLY public.question_topic
    ADD CONSTRAINT pk_question_topic PRIMARY KEY (question_id, topic);
ALTER TABLE ONLY public.reference
    ADD CONSTRAINT pk_reference PRIMARY KEY (id);
ALTER TABLE ONLY public.resolution
    ADD CONSTRAINT pk_resolution PRIMARY KEY (id);
ALTER TABLE ONLY public.score
    ADD CONSTRAINT pk_score PRIMARY KEY (commentator_id, question_id);
ALTER TABLE ONLY public.source
    ADD CONSTRAINT pk_source PRIMARY KEY (id);
ALTER TABLE ONLY public.source_host
    ADD CONSTRAINT pk_source_host PRIMARY KEY (host);
ALTER TABLE ONLY public.source_page
    ADD CONSTRAINT pk_source_page PRIMARY KEY (url_sha256);
ALTER TABLE ONLY public.standing
    ADD CONSTRAINT pk_standing PRIMARY KEY (commentator_id, topic);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT pk_subscription PRIMARY KEY (id);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT uq_api_key_name UNIQUE (name);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT uq_api_key_prefix UNIQUE (prefix);
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT uq_channel_name UNIQUE (name);
ALTER TABLE ONLY public.commentator
    ADD CONSTRAINT uq_commentator_name_key UNIQUE (name_key);
ALTER TABLE ONLY public.commentator
    ADD CONSTRAINT uq_commentator_slug UNIQUE (slug);
ALTER TABLE ONLY public.delivery_attempt
    ADD CONSTRAINT uq_delivery_attempt_delivery_id_number UNIQUE (delivery_id, number);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT uq_delivery_message_id UNIQUE (message_id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT uq_delivery_prompt_id_channel_id UNIQUE (prompt_id, channel_id);
ALTER TABLE ONLY public.ledger_event
    ADD CONSTRAINT uq_ledger_event_hash UNIQUE (hash);
ALTER TABLE ONLY public.prediction
    ADD CONSTRAINT uq_prediction_supersedes_id UNIQUE (supersedes_id);
ALTER TABLE ONLY public.prompt
    ADD CONSTRAINT uq_prompt_question_id_due_at_stage UNIQUE (question_id, due_at, stage);
ALTER TABLE ONLY public.proposal
    ADD CONSTRAINT uq_proposal_question_id_resolver_config_sha256_outcome__2cdf UNIQUE (question_id, resolver, config_sha256, outcome, evidence_sha256);
ALTER TABLE ONLY public.question
    ADD CONSTRAINT uq_question_slug UNIQUE (slug);
ALTER TABLE ONLY public.reference
    ADD CONSTRAINT uq_reference_question_id_as_of_source UNIQUE (question_id, as_of, source);
ALTER TABLE ONLY public.resolution
    ADD CONSTRAINT uq_resolution_supersedes_id UNIQUE (supersedes_id);
ALTER TABLE ONLY public.source
    ADD CONSTRAINT uq_source_url UNIQUE (url);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT uq_subscription_channel_id_question_id UNIQUE (channel_id, question_id);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT uq_subscription_channel_id_topic UNIQUE (channel_id, topic);
CREATE INDEX ix_attached_resolver_next_probe_at ON public.attached_resolver USING btree (next_probe_at);
CREATE INDEX ix_delivery_channel_id_state_next_at ON public.delivery USING btree (channel_id, state, next_at);
CREATE INDEX ix_delivery_digest_id ON public.delivery USING btree (digest_id);
CREATE INDEX ix_delivery_state_next_at ON public.delivery USING btree (state, next_at);
CREATE INDEX ix_idempotent_reply_created_at ON public.idempotent_reply USING btree (created_at);
CREATE INDEX ix_ledger_event_subject ON public.ledger_event USING btree (subject, subject_id);
CREATE INDEX ix_prediction_commentator ON public.prediction USING btree (commentator_id, id);
CREATE INDEX ix_prediction_made_at ON public.prediction USING btree (made_at);
CREATE INDEX ix_prediction_question_commentator ON public.prediction USING btree (question_id, commentator_id);
CREATE INDEX ix_prediction_source_id ON public.prediction USING btree (source_id);
CREATE INDEX ix_prompt_created_at ON public.prompt USING btree (created_at);
CREATE INDEX ix_proposal_question_id ON public.proposal USING btree (question_id);
CREATE INDEX ix_question_condition_question_id ON public.question USING btree (condition_question_id);
CREATE INDEX ix_question_event ON public.question USING btree (event);
CREATE INDEX ix_question_next_prompt_at ON public.question USING btree (next_prompt_at);
CREATE INDEX ix_question_status_deadline ON public.question USING btree (status, deadline);
CREATE INDEX ix_question_topic_topic ON public.question_topic USING btree (topic);
CREATE INDEX ix_resolution_question_id ON public.resolution USING btree (question_id, id);
CREATE INDEX ix_score_deadline ON public.score USING btree (deadline);
CREATE INDEX ix_score_question_id ON public.score USING btree (question_id);
CREATE INDEX ix_source_outlet ON public.source USING btree (outlet);
CREATE INDEX ix_standing_topic ON public.standing USING btree (topic, commentator_id);
CREATE INDEX ix_subscription_question_id ON public.subscription USING btree (question_id);
CREATE INDEX ix_subscription_topic ON public.subscription USING btree (topic);
CREATE UNIQUE INDEX uq_resolution_first ON public.resolution USING btree (question_id) WHERE (supersedes_id IS NULL);
CREATE TRIGGER ledger_event_refuses_change BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER prediction_refuses_change BEFORE DELETE OR UPDATE OR TRUNCATE ON public.prediction FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER resolution_refuses_change BEFORE DELETE OR UPDATE OR TRUNCATE ON public.resolution FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
ALTER TABLE ONLY public.attached_resolver
    ADD CONSTRAINT fk_attached_resolver_question_id FOREIGN KEY (question_id) REFERENCES public.question(id);
ALTER TABLE ONLY public.delivery_attempt
    ADD CONSTRAINT fk_delivery_attempt_delivery_id FOREIGN KEY (delivery_id) REFERENCES public.delivery(id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT fk_delivery_channel_id FOREIGN KEY (channel_id) REFERENCES public.channel(id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT fk_delivery_prompt_id FOREIGN KEY (prompt_id) REFERENCES public.prompt(id);
ALTER TABLE ONLY public.prediction
    ADD CONSTRAINT fk_prediction_commentator_id FOREIGN KEY (commentator_id) REFERENCES public.commentator(id);
ALTER TABLE ONLY public.prediction
    ADD CONSTRAINT fk_prediction_question_id FOREIGN KEY (question_id) REFERENCES public.question(id);
ALTER TABLE ONLY public.prediction
    ADD CONSTRAINT fk_prediction_source_id FOREIGN KEY (source_id) REFERENCES public.source(id);
ALTER TABLE ONLY public.prediction
    ADD CONSTRAINT fk_prediction_supersedes_id FOREIGN KEY (supersedes_id) REFERENCES public.prediction(id);
ALTER TABLE ONLY public.prompt
    ADD CONSTRAINT fk_prompt_question_id FOREIGN KEY (question_id) REFERENCES public.question(id);
ALTER TABLE ONLY public.proposal
    ADD CONSTRAINT fk_proposal_question_id FOREIGN KEY (question_id) REFERENCES public.question(id);
ALTER TABLE ONLY public.question
    ADD CONSTRAINT fk_question_condition_question_id FOREIGN KEY (condition_question_id) REFERENCES public.question(id);
ALTER TABLE ONLY public.question_topic
    ADD CONSTRAINT fk_question_topic_question_id FOREIGN KEY (question_id) REFERENCES public.question(id);
ALTER TABLE ONLY public.reference
    ADD CONSTRAINT fk_reference_question_id FOREIGN KEY (question_id) REFERENCES public.question(id);
ALTER TABLE ONLY public.resolution
    ADD CONSTRAINT fk_resolution_proposal_id FOREIGN KEY (proposal_id) REFERENCES public.proposal(id);
ALTER TABLE ONLY public.resolution
    ADD CONSTRAINT fk_resolution_question_id FOREIGN KEY (question_id) REFERENCES public.question(id);
ALTER TABLE ONLY public.resolution
    ADD CONSTRAINT fk_resolution_supersedes_id FOREIGN KEY (supersedes_id) REFERENCES public.resolution(id);
ALTER TABLE ONLY public.score
    ADD CONSTRAINT fk_score_commentator_id FOREIGN KEY (commentator_id) REFERENCES public.commentator(id);
ALTER TABLE ONLY public.score
    ADD CONSTRAINT fk_score_latest_id FOREIGN KEY (latest_id) REFERENCES public.prediction(id);
ALTER TABLE ONLY public.score
    ADD CONSTRAINT fk_score_opening_id FOREIGN KEY (opening_id) REFERENCES public.prediction(id);
ALTER TABLE ONLY public.score
    ADD CONSTRAINT fk_score_question_id FOREIGN KEY (question_id) REFERENCES public.question(id);
ALTER TABLE ONLY public.standing
    ADD CONSTRAINT fk_standing_commentator_id FOREIGN KEY (commentator_id) REFERENCES public.commentator(id);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT fk_subscription_channel_id FOREIGN KEY (channel_id) REFERENCES public.channel(id);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT fk_subscription_question_id FOREIGN KEY (question_id) REFERENCES public.question(id);
