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
INSERT INTO public.commentator VALUES (1, 'ann-example', 'Ann Example', 'ann example', 'person', '', '', true, '2025-04-01 12:00:00+00', NULL, NULL);
INSERT INTO public.commentator VALUES (2, 'bob-example', 'Bob Example', 'bob example', 'person', '', '', true, '2025-04-01 12:00:00+00', NULL, NULL);
INSERT INTO public.ledger_event VALUES (1, '2025-04-01 12:00:00+00', 'first admin', 'question.entered', 'question', 1, '{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"rain","id":1,"invented":true,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"rain","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be rain?","topics":["weather"]}', '3998ad98d3ed13ec4ac5e4f353a1b064', '4a83013b95eb38f9093a0b80c9d6076d77037927f7ade65fd30d3cd8e4fecff7', 'dfd8d3fdf1a11bc2ac6e83645c42d038ba828d2fa4d71d48edb3db6e56b2a7ca');
INSERT INTO public.ledger_event VALUES (2, '2025-04-01 12:00:00+00', 'first admin', 'question.entered', 'question', 2, '{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"snow","id":2,"invented":true,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"snow","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be snow?","topics":["weather"]}', '68bd7b4f43a231704e0a425908111a1e', 'e26021f6d27801d5491c6c537c5be74b4027748f16d984918295fc801daf043b', '51e73600ebe38db47a50136bd2ca8c97ec5e66603b3e856926f6ca2cbfe6bf2e');
INSERT INTO public.ledger_event VALUES (3, '2025-04-01 12:00:00+00', 'first admin', 'question.entered', 'question', 3, '{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"wind","id":3,"invented":true,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"wind","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be wind?","topics":["weather"]}', 'cb522bbf20bb0561118c63349f757411', '2fe1c67e6d1f7a6337eb055a496b8a94b572216e581d46cbf606529388e4662e', 'a19b993caf3679075deb2b78ec4a422a3001541a21ca9bbbfa0208efda4d2734');
INSERT INTO public.ledger_event VALUES (4, '2025-04-01 12:00:00+00', 'first admin', 'commentator.entered', 'commentator', 1, '{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":1,"invented":true,"kind":"person","name":"Ann Example","name_key":"ann example","slug":"ann-example","statement":"","statement_on":null,"statement_url":null}', '1e174f955cfce87702e361ffb3632909', '56f6a7ee5474f976653cb2baa1c632240bcb13372dbe52756db8c994d779e879', '00c9c6a9d725ea354d83bfafa5760741dbbbda466b2b51749c2fec534d24b1ca');
INSERT INTO public.ledger_event VALUES (5, '2025-04-01 12:00:00+00', 'first admin', 'source.entered', 'source', 1, '{"created_at":"2025-04-01T12:00:00+00:00","id":1,"invented":true,"outlet":"The Gazette","published_on":null,"title":"A column","url":"https://example.org/column"}', '70a4e934051ae9fa2406afadba0e6979', '83561eaa71b378cc615ff3c79d8c8d5f5a4ab1fb5a80dcca08cffebe22f2c703', 'e102cbbc1cbacd5b4ac5ada11d0e37197d9966191f517f892ac7e3bc5c3d6ae6');
INSERT INTO public.ledger_event VALUES (6, '2025-04-01 12:00:00+00', 'first admin', 'prediction.recorded', 'prediction', 1, '{"commentator_id":1,"commitment":false,"hedge":"unlikely","hedged":false,"high":0.3,"id":1,"lexicon":"survey","lexicon_version":"1","low":0.05,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":"unlikely","probabilities":null,"probability":0.19,"question_id":1,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}', '1955fa31d33fe13da7b1ef81799a070f', '2d6e068b83c2d4a6df391ca3f4ccddbb1caa904ad673a56521a62f496f4760e7', '75c3f9d994c63d47120e56ca692026e06f41faab1f750cf833b39f2be1d137ef');
INSERT INTO public.ledger_event VALUES (7, '2025-04-01 12:00:00+00', 'first admin', 'prediction.recorded', 'prediction', 2, '{"commentator_id":1,"commitment":false,"hedge":"might","hedged":true,"high":0.6,"id":2,"lexicon":"survey","lexicon_version":"1","low":0.15,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":"might","probabilities":null,"probability":0.39,"question_id":2,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}', 'dd690cc2ef78a17854e697635efcf48b', '328cc6e132ac87e8d9d87b1b45bd4f61cd3dc8ceef6d56a27c4ce867bf72da8b', '1a1622f375a429157a8edf21dfb7970643a9fcb4474d5221177b11da823a645a');
INSERT INTO public.ledger_event VALUES (8, '2025-04-01 12:00:00+00', 'first admin', 'commentator.entered', 'commentator', 2, '{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":2,"invented":true,"kind":"person","name":"Bob Example","name_key":"bob example","slug":"bob-example","statement":"","statement_on":null,"statement_url":null}', 'a43ff81e023db759d640e6423fb1281e', '793bb373b24f7bb7c9e887a572caba8a3061310c5808e6d5c314bb0e088e632c', '66e18a11dfb002ce40ee3270ec661957c761a86e86547b67d9a15b90d95fbfab');
INSERT INTO public.ledger_event VALUES (9, '2025-04-01 12:00:00+00', 'first admin', 'prediction.recorded', 'prediction', 3, '{"commentator_id":2,"commitment":false,"hedge":null,"hedged":false,"high":0.8,"id":3,"lexicon":null,"lexicon_version":null,"low":0.8,"made_at":"2025-03-20T00:00:00+00:00","note":"A note.","overridden":false,"phrase":null,"probabilities":null,"probability":0.8,"question_id":1,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}', 'b91a82bddc754618f35080b703928cc7', 'eb08401d3e788c0958eb552c9335539dadd4bf6dcf5d5c5cb65062df4e151fdb', 'f5158cc96964422f35d499ca9743b7a05f972d83d025979d084f3cb65a915607');
INSERT INTO public.prediction VALUES (1, 1, 1, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.19, NULL, 0.05, 0.3, 'unlikely', 'survey', '1', 'unlikely', false, false, false, '', NULL, false, NULL, false);
INSERT INTO public.prediction VALUES (2, 1, 2, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.39, NULL, 0.15, 0.6, 'might', 'survey', '1', 'might', true, false, false, '', NULL, false, NULL, false);
INSERT INTO public.prediction VALUES (3, 2, 1, 1, '2025-03-20 00:00:00+00', '2025-04-01 12:00:00+00', 'first admin', 0.8, NULL, 0.8, 0.8, NULL, NULL, NULL, NULL, false, false, false, 'A note.', NULL, false, NULL, false);
INSERT INTO public.question VALUES (1, 'rain', 'Will it be rain?', 'As the office says.', 'binary', NULL, NULL, '2025-05-01 23:59:59+00', 'UTC', 'stated', 'rain', NULL, NULL, NULL, 'open', '2025-05-01 23:59:59+00', '2025-05-01 23:59:59+00', 0, NULL, NULL, true, '2025-04-01 12:00:00+00', NULL, 0, NULL);
INSERT INTO public.question VALUES (2, 'snow', 'Will it be snow?', 'As the office says.', 'binary', NULL, NULL, '2025-05-01 23:59:59+00', 'UTC', 'stated', 'snow', NULL, NULL, NULL, 'open', '2025-05-01 23:59:59+00', '2025-05-01 23:59:59+00', 0, NULL, NULL, true, '2025-04-01 12:00:00+00', NULL, 0, NULL);
INSERT INTO public.question VALUES (3, 'wind', 'Will it be wind?', 'As the office says.', 'binary', NULL, NULL, '2025-05-01 23:59:59+00', 'UTC', 'stated', 'wind', NULL, NULL, NULL, 'open', '2025-05-01 23:59:59+00', '2025-05-01 23:59:59+00', 0, NULL, NULL, true, '2025-04-01 12:00:00+00', NULL, 0, NULL);
INSERT INTO public.question_topic VALUES (1, 'weather');
INSERT INTO public.question_topic VALUES (2, 'weather');
INSERT INTO public.question_topic VALUES (3, 'weather');
INSERT INTO public.source VALUES (1, 'https://example.org/column', 'A column', 'The Gazette', NULL, true, '2025-04-01 12:00:00+00');
INSERT INTO public.standing VALUES (1, '', 2, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO public.standing VALUES (1, 'weather', 2, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO public.standing VALUES (2, '', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO public.standing VALUES (2, 'weather', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
SELECT pg_catalog.setval('public.api_key_id_seq', 1, true);
SELECT pg_catalog.setval('public.channel_id_seq', 1, false);
SELECT pg_catalog.setval('public.commentator_id_seq', 2, true);
SELECT pg_catalog.setval('public.delivery_attempt_id_seq', 1, false);
SELECT pg_catalog.setval('public.delivery_id_seq', 1, false);
SELECT pg_catalog.setval('public.prediction_id_seq', 3, true);
SELECT pg_catalog.setval('public.prompt_id_seq', 1, false);
SELECT pg_catalog.setval('public.proposal_id_seq', 1, false);
SELECT pg_catalog.setval('public.question_id_seq', 3, true);
SELECT pg_catalog.setval('public.reference_id_seq', 1, false);
SELECT pg_catalog.setval('public.resolution_id_seq', 1, false);
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
