BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0008');
CREATE TABLE api_key (
	id INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	prefix VARCHAR(16) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	scopes JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	CONSTRAINT pk_api_key PRIMARY KEY (id), 
	CONSTRAINT uq_api_key_name UNIQUE (name), 
	CONSTRAINT uq_api_key_prefix UNIQUE (prefix)
);
INSERT INTO "api_key" VALUES(1,'first admin','33e1d04f02f1','3e50d65cddfb295a5709e176732041385745ba70d2d8a856cddb795c80b482f6','["admin"]','2025-04-01 12:00:00.000000',NULL);
CREATE TABLE attached_resolver (
	question_id INTEGER NOT NULL, 
	resolver VARCHAR(80) NOT NULL, 
	config JSON NOT NULL, 
	lead_hours INTEGER NOT NULL, 
	every_minutes INTEGER NOT NULL, 
	automatic BOOLEAN NOT NULL, 
	automatic_by VARCHAR(200), 
	paused BOOLEAN NOT NULL, 
	attached_at DATETIME NOT NULL, 
	attached_by VARCHAR(200) NOT NULL, 
	next_probe_at DATETIME NOT NULL, 
	lease_until DATETIME, 
	lease_token VARCHAR(40), 
	probed_at DATETIME, 
	sight VARCHAR(32) NOT NULL, 
	saw JSON NOT NULL, 
	reason TEXT NOT NULL, 
	good_at DATETIME, 
	failures INTEGER NOT NULL, 
	CONSTRAINT pk_attached_resolver PRIMARY KEY (question_id), 
	CONSTRAINT ck_attached_resolver_lead_hours CHECK (lead_hours >= 0), 
	CONSTRAINT ck_attached_resolver_every_minutes CHECK (every_minutes > 0), 
	CONSTRAINT ck_attached_resolver_failures CHECK (failures >= 0), 
	CONSTRAINT ck_attached_resolver_lease CHECK ((lease_token IS NULL) = (lease_until IS NULL)), 
	CONSTRAINT ck_attached_resolver_automatic_by CHECK ((automatic_by IS NULL) = (NOT automatic)), 
	CONSTRAINT fk_attached_resolver_question_id FOREIGN KEY(question_id) REFERENCES question (id), 
	CONSTRAINT ck_attached_resolver_sight CHECK (sight IN ('waiting', 'nothing', 'proposed', 'unavailable', 'changed', 'misconfigured', 'failed'))
);
CREATE TABLE channel (
	id INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	target VARCHAR(2000) NOT NULL, 
	secret VARCHAR(120) NOT NULL, 
	topics JSON NOT NULL, 
	escalations_only BOOLEAN NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	disabled_reason TEXT NOT NULL, 
	created_at DATETIME NOT NULL, person VARCHAR(200), zone VARCHAR(64) DEFAULT 'UTC' NOT NULL, quiet_from VARCHAR(5), quiet_to VARCHAR(5), digest_at VARCHAR(5), 
	CONSTRAINT pk_channel PRIMARY KEY (id), 
	CONSTRAINT uq_channel_name UNIQUE (name), 
	CONSTRAINT ck_channel_channelkind CHECK (kind IN ('webhook', 'email', 'chat'))
);
CREATE TABLE commentator (
	id INTEGER NOT NULL, 
	slug VARCHAR(120) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	name_key VARCHAR(200) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	description TEXT NOT NULL, 
	statement TEXT NOT NULL, 
	invented BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, statement_on VARCHAR(10), statement_url VARCHAR(2000), 
	CONSTRAINT pk_commentator PRIMARY KEY (id), 
	CONSTRAINT uq_commentator_name_key UNIQUE (name_key), 
	CONSTRAINT uq_commentator_slug UNIQUE (slug), 
	CONSTRAINT ck_commentator_commentatorkind CHECK (kind IN ('person', 'organisation', 'market', 'model'))
);
INSERT INTO "commentator" VALUES(1,'ann-example','Ann Example','ann example','person','','',1,'2025-04-01 12:00:00.000000',NULL,NULL);
INSERT INTO "commentator" VALUES(2,'bob-example','Bob Example','bob example','person','','',1,'2025-04-01 12:00:00.000000',NULL,NULL);
CREATE TABLE delivery (
	id INTEGER NOT NULL, 
	prompt_id INTEGER, 
	channel_id INTEGER NOT NULL, 
	message_id VARCHAR(60) NOT NULL, 
	payload TEXT NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_at DATETIME NOT NULL, 
	lease_until DATETIME, 
	lease_token VARCHAR(40), 
	last_error TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	finished_at DATETIME, digest_id INTEGER, 
	CONSTRAINT pk_delivery PRIMARY KEY (id), 
	CONSTRAINT ck_delivery_leased_is_pending CHECK (state = 'pending' OR lease_token IS NULL), 
	CONSTRAINT ck_delivery_lease CHECK ((lease_token IS NULL) = (lease_until IS NULL)), 
	CONSTRAINT ck_delivery_attempts CHECK (attempts >= 0), 
	CONSTRAINT fk_delivery_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id), 
	CONSTRAINT fk_delivery_prompt_id FOREIGN KEY(prompt_id) REFERENCES prompt (id), 
	CONSTRAINT uq_delivery_message_id UNIQUE (message_id), 
	CONSTRAINT uq_delivery_prompt_id_channel_id UNIQUE (prompt_id, channel_id), 
	CONSTRAINT ck_delivery_deliverystate CHECK (state IN ('pending', 'delivered', 'dead', 'cancelled'))
);
CREATE TABLE delivery_attempt (
	id INTEGER NOT NULL, 
	delivery_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	status_code INTEGER, 
	error TEXT NOT NULL, 
	CONSTRAINT pk_delivery_attempt PRIMARY KEY (id), 
	CONSTRAINT fk_delivery_attempt_delivery_id FOREIGN KEY(delivery_id) REFERENCES delivery (id), 
	CONSTRAINT uq_delivery_attempt_delivery_id_number UNIQUE (delivery_id, number)
);
CREATE TABLE idempotent_reply (
	"key" VARCHAR(200) NOT NULL, 
	owner VARCHAR(120) NOT NULL, 
	request_sha256 VARCHAR(64) NOT NULL, 
	status INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_idempotent_reply PRIMARY KEY ("key", owner)
);
CREATE TABLE ledger_event (
	seq INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor VARCHAR(120) NOT NULL, 
	action VARCHAR(60) NOT NULL, 
	subject VARCHAR(30) NOT NULL, 
	subject_id INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	salt VARCHAR(32) NOT NULL, 
	body_hash VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_ledger_event PRIMARY KEY (seq), 
	CONSTRAINT uq_ledger_event_hash UNIQUE (hash)
);
INSERT INTO "ledger_event" VALUES(1,'2025-04-01 12:00:00.000000','first admin','question.entered','question',1,'{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"rain","id":1,"invented":true,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"rain","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be rain?","topics":["weather"]}','eb26f9673d9e7b6a1757a56a02432531','9511434c39b34ef70b42f338bc1470c3487619796d12d8f67944f746483be1ee','a494a89f25dbf1c67f15b5ad02ddd1b78b9b1649dbb5bbb4a8e73d47f9f62f1b');
INSERT INTO "ledger_event" VALUES(2,'2025-04-01 12:00:00.000000','first admin','question.entered','question',2,'{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"snow","id":2,"invented":true,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"snow","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be snow?","topics":["weather"]}','e7c9772e6d0125eb85177c55b84b929d','fbfd96713d082cd6228ee6494dfb600620a6c0fc7d509ecb14dc015056209980','04672b370f8fefc066d7c36b0686fa65f0a6108b2b198d61e15c4efc26dfdfd1');
INSERT INTO "ledger_event" VALUES(3,'2025-04-01 12:00:00.000000','first admin','question.entered','question',3,'{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"wind","id":3,"invented":true,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"wind","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be wind?","topics":["weather"]}','f63e8b4ee717195b76397042dbea3257','6ed71db9cfc873055722f56369516fc15b11fb5ebdc1e38198054b3d5e0eaf9f','c7097aed14219b10d0927d34d7f420cd09c8b1f7ba4ccd7f3990ed00526d528b');
INSERT INTO "ledger_event" VALUES(4,'2025-04-01 12:00:00.000000','first admin','commentator.entered','commentator',1,'{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":1,"invented":true,"kind":"person","name":"Ann Example","name_key":"ann example","slug":"ann-example","statement":"","statement_on":null,"statement_url":null}','5ac162d2ddfcbc26abef68c157b1df83','9d5b3be6665ef08924724799b63fb459aecf757dd103ac512f6d64f23734c020','1cb9822be318a1ee3409da2be3d1330762efb23b4177adf224575a3555b7b114');
INSERT INTO "ledger_event" VALUES(5,'2025-04-01 12:00:00.000000','first admin','source.entered','source',1,'{"created_at":"2025-04-01T12:00:00+00:00","id":1,"invented":true,"outlet":"The Gazette","published_on":null,"title":"A column","url":"https://example.org/column"}','31f2ae4debab60d407c227976f5814a4','cb7ef52bf53ed6857b380c787add67b98f754a60e5b39e47a3eda4c839be0b66','a395098ae6544ddd506f4ea2ecbd185292c5664991ae314f3745396aba834a01');
INSERT INTO "ledger_event" VALUES(6,'2025-04-01 12:00:00.000000','first admin','prediction.recorded','prediction',1,'{"commentator_id":1,"commitment":false,"hedge":"unlikely","hedged":false,"high":0.3,"id":1,"lexicon":"survey","lexicon_version":"1","low":0.05,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":"unlikely","probabilities":null,"probability":0.19,"question_id":1,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}','8a6358165bf87d9da1f64829ce0302ce','ccb3cabfa4ee5e377c909f6da474d488989d6d3cb474c74959b7b02be66a7e38','c06fa5abcc2fda2ad2f978c87a487d65a01a54049fd904d6c8dbeef771cf48e0');
INSERT INTO "ledger_event" VALUES(7,'2025-04-01 12:00:00.000000','first admin','prediction.recorded','prediction',2,'{"commentator_id":1,"commitment":false,"hedge":"might","hedged":true,"high":0.6,"id":2,"lexicon":"survey","lexicon_version":"1","low":0.15,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":"might","probabilities":null,"probability":0.39,"question_id":2,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}','daac901e694f0b45843ba73e1f16566f','4d14c76981b62128e6f31315362afae81aad56981033a973d927a9526dbc34b0','77385dfd93c2edd03737c30248decf8ad2e9786ced71e0d82cdee9ce3cdbaa56');
INSERT INTO "ledger_event" VALUES(8,'2025-04-01 12:00:00.000000','first admin','commentator.entered','commentator',2,'{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":2,"invented":true,"kind":"person","name":"Bob Example","name_key":"bob example","slug":"bob-example","statement":"","statement_on":null,"statement_url":null}','a4080bc59e0f963eea940ce4d8f23504','93980cd3e2f811e67e8f54a0e01ab4194b8e53fb4dbc9316bb97c24c913ce471','06a423bcbe202b5e65f30e055ecc3447ab8e60aca3a85c392d9b5ed7ffec6ed3');
INSERT INTO "ledger_event" VALUES(9,'2025-04-01 12:00:00.000000','first admin','prediction.recorded','prediction',3,'{"commentator_id":2,"commitment":false,"hedge":null,"hedged":false,"high":0.8,"id":3,"lexicon":null,"lexicon_version":null,"low":0.8,"made_at":"2025-03-20T00:00:00+00:00","note":"A note.","overridden":false,"phrase":null,"probabilities":null,"probability":0.8,"question_id":1,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}','8cc847fe26d307d601f63b7b2a502459','e86e90a5079b14c901d9a77ebde4b804852082f11c482ce297784ee5a36c29ca','9be68ec3e0aeadb4d705051438287b52ffbb702fb04517d122bc840f0ef03550');
CREATE TABLE prediction (
	id INTEGER NOT NULL, 
	commentator_id INTEGER NOT NULL, 
	question_id INTEGER NOT NULL, 
	source_id INTEGER, 
	made_at DATETIME NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	recorded_by VARCHAR(120) NOT NULL, 
	probability FLOAT, 
	probabilities JSON, 
	low FLOAT, 
	high FLOAT, 
	hedge VARCHAR(200), 
	lexicon VARCHAR(40), 
	lexicon_version VARCHAR(20), 
	phrase VARCHAR(80), 
	hedged BOOLEAN NOT NULL, 
	overridden BOOLEAN NOT NULL, 
	commitment BOOLEAN NOT NULL, 
	note TEXT NOT NULL, 
	supersedes_id INTEGER, 
	withdrawn BOOLEAN NOT NULL, 
	reason TEXT, against BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_prediction PRIMARY KEY (id), 
	CONSTRAINT ck_prediction_hedge_has_lexicon CHECK ((hedge IS NULL) = (lexicon IS NULL)), 
	CONSTRAINT ck_prediction_lexicon_has_version CHECK ((lexicon IS NULL) = (lexicon_version IS NULL)), 
	CONSTRAINT ck_prediction_has_interval CHECK ((low IS NULL) = (probability IS NULL) AND (high IS NULL) = (low IS NULL)), 
	CONSTRAINT ck_prediction_superseding_has_reason CHECK ((supersedes_id IS NULL) = (reason IS NULL)), 
	CONSTRAINT ck_prediction_withdrawn_supersedes CHECK (NOT withdrawn OR supersedes_id IS NOT NULL), 
	CONSTRAINT ck_prediction_has_probability CHECK (commitment OR withdrawn OR probability IS NOT NULL OR probabilities IS NOT NULL), 
	CONSTRAINT ck_prediction_interval CHECK (low >= 0 AND low <= probability AND probability <= high AND high <= 1), 
	CONSTRAINT ck_prediction_probability CHECK (probability >= 0 AND probability <= 1), 
	CONSTRAINT ck_prediction_one_form CHECK (probability IS NULL OR probabilities IS NULL), 
	CONSTRAINT fk_prediction_commentator_id FOREIGN KEY(commentator_id) REFERENCES commentator (id), 
	CONSTRAINT fk_prediction_question_id FOREIGN KEY(question_id) REFERENCES question (id), 
	CONSTRAINT fk_prediction_source_id FOREIGN KEY(source_id) REFERENCES source (id), 
	CONSTRAINT fk_prediction_supersedes_id FOREIGN KEY(supersedes_id) REFERENCES prediction (id), 
	CONSTRAINT uq_prediction_supersedes_id UNIQUE (supersedes_id)
);
INSERT INTO "prediction" VALUES(1,1,1,1,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',0.19,NULL,0.05,0.3,'unlikely','survey','1','unlikely',0,0,0,'',NULL,0,NULL,0);
INSERT INTO "prediction" VALUES(2,1,2,1,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',0.39,NULL,0.15,0.6,'might','survey','1','might',1,0,0,'',NULL,0,NULL,0);
INSERT INTO "prediction" VALUES(3,2,1,1,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',0.8,NULL,0.8,0.8,NULL,NULL,NULL,NULL,0,0,0,'A note.',NULL,0,NULL,0);
CREATE TABLE prompt (
	id INTEGER NOT NULL, 
	question_id INTEGER NOT NULL, 
	stage VARCHAR(20) NOT NULL, 
	due_at DATETIME NOT NULL, 
	scheduled_at DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_prompt PRIMARY KEY (id), 
	CONSTRAINT fk_prompt_question_id FOREIGN KEY(question_id) REFERENCES question (id), 
	CONSTRAINT uq_prompt_question_id_due_at_stage UNIQUE (question_id, due_at, stage)
);
CREATE TABLE proposal (
	id INTEGER NOT NULL, 
	question_id INTEGER NOT NULL, 
	resolver VARCHAR(80) NOT NULL, 
	config_sha256 VARCHAR(64) NOT NULL, 
	outcome VARCHAR(120) NOT NULL, 
	known_at DATETIME, 
	confidence FLOAT NOT NULL, 
	rationale TEXT NOT NULL, 
	evidence JSON NOT NULL, 
	evidence_sha256 VARCHAR(64) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	proposed_by VARCHAR(120) NOT NULL, 
	proposed_at DATETIME NOT NULL, 
	decided_by VARCHAR(120), 
	decided_at DATETIME, 
	reason TEXT, 
	CONSTRAINT pk_proposal PRIMARY KEY (id), 
	CONSTRAINT ck_proposal_decided CHECK ((state = 'pending') = (decided_at IS NULL)), 
	CONSTRAINT ck_proposal_confidence CHECK (confidence >= 0 AND confidence <= 1), 
	CONSTRAINT fk_proposal_question_id FOREIGN KEY(question_id) REFERENCES question (id), 
	CONSTRAINT uq_proposal_question_id_resolver_config_sha256_outcome_evidence_sha256 UNIQUE (question_id, resolver, config_sha256, outcome, evidence_sha256), 
	CONSTRAINT ck_proposal_proposalstate CHECK (state IN ('pending', 'confirmed', 'rejected', 'overtaken'))
);
CREATE TABLE question (
	id INTEGER NOT NULL, 
	slug VARCHAR(120) NOT NULL, 
	text TEXT NOT NULL, 
	resolution_criteria TEXT NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	options JSON, 
	opens_at DATETIME, 
	deadline DATETIME NOT NULL, 
	deadline_zone VARCHAR(64) NOT NULL, 
	deadline_basis VARCHAR(32) NOT NULL, 
	event VARCHAR(120) NOT NULL, 
	condition_question_id INTEGER, 
	condition_outcome VARCHAR(120), 
	condition_text TEXT, 
	status VARCHAR(32) NOT NULL, 
	due_at DATETIME NOT NULL, 
	next_prompt_at DATETIME, 
	prompts INTEGER NOT NULL, 
	outcome VARCHAR(120), 
	known_at DATETIME, 
	invented BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, snoozed_until DATETIME, snoozes INTEGER DEFAULT '0' NOT NULL, assignee VARCHAR(200), 
	CONSTRAINT pk_question PRIMARY KEY (id), 
	CONSTRAINT ck_question_options_fit_kind CHECK ((kind = 'binary') = (options IS NULL)), 
	CONSTRAINT ck_question_annulled CHECK ((status = 'annulled') = (outcome IS NOT NULL AND outcome = 'annulled')), 
	CONSTRAINT ck_question_outcome_fits_status CHECK ((status IN ('resolved', 'annulled')) = (outcome IS NOT NULL)), 
	CONSTRAINT ck_question_condition CHECK ((condition_question_id IS NULL) = (condition_outcome IS NULL)), 
	CONSTRAINT ck_question_known_at_fits_outcome CHECK ((outcome IS NULL) = (known_at IS NULL)), 
	CONSTRAINT ck_question_due_by_deadline CHECK (due_at <= deadline), 
	CONSTRAINT ck_question_prompts CHECK (prompts >= 0), 
	CONSTRAINT fk_question_condition_question_id FOREIGN KEY(condition_question_id) REFERENCES question (id), 
	CONSTRAINT uq_question_slug UNIQUE (slug), 
	CONSTRAINT ck_question_questionkind CHECK (kind IN ('binary', 'categorical', 'ordinal')), 
	CONSTRAINT ck_question_deadlinebasis CHECK (deadline_basis IN ('stated', 'implied', 'assigned')), 
	CONSTRAINT ck_question_questionstatus CHECK (status IN ('open', 'due', 'resolved', 'annulled'))
);
INSERT INTO "question" VALUES(1,'rain','Will it be rain?','As the office says.','binary',NULL,NULL,'2025-05-01 23:59:59.000000','UTC','stated','rain',NULL,NULL,NULL,'open','2025-05-01 23:59:59.000000','2025-05-01 23:59:59.000000',0,NULL,NULL,1,'2025-04-01 12:00:00.000000',NULL,0,NULL);
INSERT INTO "question" VALUES(2,'snow','Will it be snow?','As the office says.','binary',NULL,NULL,'2025-05-01 23:59:59.000000','UTC','stated','snow',NULL,NULL,NULL,'open','2025-05-01 23:59:59.000000','2025-05-01 23:59:59.000000',0,NULL,NULL,1,'2025-04-01 12:00:00.000000',NULL,0,NULL);
INSERT INTO "question" VALUES(3,'wind','Will it be wind?','As the office says.','binary',NULL,NULL,'2025-05-01 23:59:59.000000','UTC','stated','wind',NULL,NULL,NULL,'open','2025-05-01 23:59:59.000000','2025-05-01 23:59:59.000000',0,NULL,NULL,1,'2025-04-01 12:00:00.000000',NULL,0,NULL);
CREATE TABLE question_topic (
	question_id INTEGER NOT NULL, 
	topic VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_question_topic PRIMARY KEY (question_id, topic), 
	CONSTRAINT fk_question_topic_question_id FOREIGN KEY(question_id) REFERENCES question (id)
);
INSERT INTO "question_topic" VALUES(1,'weather');
INSERT INTO "question_topic" VALUES(2,'weather');
INSERT INTO "question_topic" VALUES(3,'weather');
CREATE TABLE reference (
	id INTEGER NOT NULL, 
	question_id INTEGER NOT NULL, 
	probabilities JSON NOT NULL, 
	source VARCHAR(500) NOT NULL, 
	as_of DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_reference PRIMARY KEY (id), 
	CONSTRAINT fk_reference_question_id FOREIGN KEY(question_id) REFERENCES question (id), 
	CONSTRAINT uq_reference_question_id_as_of_source UNIQUE (question_id, as_of, source)
);
CREATE TABLE resolution (
	id INTEGER NOT NULL, 
	question_id INTEGER NOT NULL, 
	outcome VARCHAR(120), 
	known_at DATETIME, 
	evidence JSON NOT NULL, 
	note TEXT NOT NULL, 
	automatic BOOLEAN NOT NULL, 
	resolved_at DATETIME NOT NULL, 
	resolved_by VARCHAR(120) NOT NULL, 
	proposal_id INTEGER, 
	supersedes_id INTEGER, 
	CONSTRAINT pk_resolution PRIMARY KEY (id), 
	CONSTRAINT ck_resolution_known_at_fits_outcome CHECK ((outcome IS NULL) = (known_at IS NULL)), 
	CONSTRAINT ck_resolution_taking_back_supersedes CHECK (outcome IS NOT NULL OR supersedes_id IS NOT NULL), 
	CONSTRAINT fk_resolution_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposal (id), 
	CONSTRAINT fk_resolution_question_id FOREIGN KEY(question_id) REFERENCES question (id), 
	CONSTRAINT fk_resolution_supersedes_id FOREIGN KEY(supersedes_id) REFERENCES resolution (id), 
	CONSTRAINT uq_resolution_supersedes_id UNIQUE (supersedes_id)
);
CREATE TABLE score (
	commentator_id INTEGER NOT NULL, 
	question_id INTEGER NOT NULL, 
	opening INTEGER NOT NULL, 
	latest INTEGER NOT NULL, 
	time_weighted INTEGER NOT NULL, 
	opening_low INTEGER NOT NULL, 
	opening_high INTEGER NOT NULL, 
	opening_id INTEGER NOT NULL, 
	latest_id INTEGER NOT NULL, 
	counted INTEGER NOT NULL, 
	reference INTEGER NOT NULL, 
	reference_type VARCHAR(32) NOT NULL, 
	worded BOOLEAN NOT NULL, 
	hedged BOOLEAN NOT NULL, 
	recorded_late BOOLEAN NOT NULL, 
	deadline DATETIME NOT NULL, 
	CONSTRAINT pk_score PRIMARY KEY (commentator_id, question_id), 
	CONSTRAINT ck_score_opening_range CHECK (0 <= opening_low AND opening_low <= opening AND opening <= opening_high), 
	CONSTRAINT ck_score_counted CHECK (counted > 0), 
	CONSTRAINT ck_score_latest CHECK (latest BETWEEN 0 AND 1000000000000), 
	CONSTRAINT ck_score_opening CHECK (opening BETWEEN 0 AND 1000000000000), 
	CONSTRAINT ck_score_time_weighted CHECK (time_weighted BETWEEN 0 AND 1000000000000), 
	CONSTRAINT fk_score_commentator_id FOREIGN KEY(commentator_id) REFERENCES commentator (id), 
	CONSTRAINT fk_score_latest_id FOREIGN KEY(latest_id) REFERENCES prediction (id), 
	CONSTRAINT fk_score_opening_id FOREIGN KEY(opening_id) REFERENCES prediction (id), 
	CONSTRAINT fk_score_question_id FOREIGN KEY(question_id) REFERENCES question (id), 
	CONSTRAINT ck_score_referencetype CHECK (reference_type IN ('market', 'consensus', 'base_rate', 'even'))
);
CREATE TABLE source (
	id INTEGER NOT NULL, 
	url VARCHAR(2000) NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	outlet VARCHAR(200) NOT NULL, 
	published_on VARCHAR(10), 
	invented BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_source PRIMARY KEY (id), 
	CONSTRAINT uq_source_url UNIQUE (url)
);
INSERT INTO "source" VALUES(1,'https://example.org/column','A column','The Gazette',NULL,1,'2025-04-01 12:00:00.000000');
CREATE TABLE source_host (
	host VARCHAR(300) NOT NULL, 
	next_at DATETIME, 
	failures INTEGER NOT NULL, 
	last_good_at DATETIME, 
	last_error TEXT, 
	broken BOOLEAN NOT NULL, 
	CONSTRAINT pk_source_host PRIMARY KEY (host)
);
CREATE TABLE source_page (
	url_sha256 VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	checked_at DATETIME NOT NULL, 
	etag TEXT, 
	last_modified TEXT, 
	headers JSON NOT NULL, 
	final_url TEXT NOT NULL, 
	CONSTRAINT pk_source_page PRIMARY KEY (url_sha256)
);
CREATE TABLE standing (
	commentator_id INTEGER NOT NULL, 
	topic VARCHAR(60) NOT NULL, 
	questions INTEGER NOT NULL, 
	resolved INTEGER NOT NULL, 
	annulled INTEGER NOT NULL, 
	uncounted INTEGER NOT NULL, 
	hedged INTEGER NOT NULL, 
	opening INTEGER NOT NULL, 
	latest INTEGER NOT NULL, 
	time_weighted INTEGER NOT NULL, 
	opening_low INTEGER NOT NULL, 
	opening_high INTEGER NOT NULL, 
	CONSTRAINT pk_standing PRIMARY KEY (commentator_id, topic), 
	CONSTRAINT ck_standing_counts CHECK (questions >= 0 AND resolved >= 0 AND annulled >= 0 AND uncounted >= 0 AND hedged >= 0), 
	CONSTRAINT fk_standing_commentator_id FOREIGN KEY(commentator_id) REFERENCES commentator (id)
);
INSERT INTO "standing" VALUES(1,'',2,0,0,0,0,0,0,0,0,0);
INSERT INTO "standing" VALUES(1,'weather',2,0,0,0,0,0,0,0,0,0);
INSERT INTO "standing" VALUES(2,'',1,0,0,0,0,0,0,0,0,0);
INSERT INTO "standing" VALUES(2,'weather',1,0,0,0,0,0,0,0,0,0);
CREATE TABLE subscription (
	id INTEGER NOT NULL, 
	channel_id INTEGER NOT NULL, 
	question_id INTEGER, 
	topic VARCHAR(60), 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_subscription PRIMARY KEY (id), 
	CONSTRAINT ck_subscription_names_one CHECK ((question_id IS NULL) <> (topic IS NULL)), 
	CONSTRAINT fk_subscription_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id), 
	CONSTRAINT fk_subscription_question_id FOREIGN KEY(question_id) REFERENCES question (id), 
	CONSTRAINT uq_subscription_channel_id_question_id UNIQUE (channel_id, question_id), 
	CONSTRAINT uq_subscription_channel_id_topic UNIQUE (channel_id, topic)
);
CREATE INDEX ix_idempotent_reply_created_at ON idempotent_reply (created_at);
CREATE INDEX ix_ledger_event_subject ON ledger_event (subject, subject_id);
CREATE INDEX ix_question_condition_question_id ON question (condition_question_id);
CREATE INDEX ix_question_event ON question (event);
CREATE INDEX ix_question_next_prompt_at ON question (next_prompt_at);
CREATE INDEX ix_question_status_deadline ON question (status, deadline);
CREATE INDEX ix_source_outlet ON source (outlet);
CREATE INDEX ix_prediction_commentator ON prediction (commentator_id, id);
CREATE INDEX ix_prediction_made_at ON prediction (made_at);
CREATE INDEX ix_prediction_question_commentator ON prediction (question_id, commentator_id);
CREATE INDEX ix_prediction_source_id ON prediction (source_id);
CREATE INDEX ix_prompt_created_at ON prompt (created_at);
CREATE INDEX ix_proposal_question_id ON proposal (question_id);
CREATE INDEX ix_question_topic_topic ON question_topic (topic);
CREATE INDEX ix_standing_topic ON standing (topic, commentator_id);
CREATE INDEX ix_delivery_state_next_at ON delivery (state, next_at);
CREATE INDEX ix_resolution_question_id ON resolution (question_id, id);
CREATE UNIQUE INDEX uq_resolution_first ON resolution (question_id) WHERE supersedes_id IS NULL;
CREATE INDEX ix_score_deadline ON score (deadline);
CREATE INDEX ix_score_question_id ON score (question_id);
CREATE TRIGGER prediction_refuses_update BEFORE UPDATE ON prediction BEGIN SELECT RAISE(ABORT, 'prediction is append-only: a correction supersedes, nothing is edited away'); END;
CREATE TRIGGER prediction_refuses_delete BEFORE DELETE ON prediction BEGIN SELECT RAISE(ABORT, 'prediction is append-only: a correction supersedes, nothing is edited away'); END;
CREATE TRIGGER resolution_refuses_update BEFORE UPDATE ON resolution BEGIN SELECT RAISE(ABORT, 'resolution is append-only: a correction supersedes, nothing is edited away'); END;
CREATE TRIGGER resolution_refuses_delete BEFORE DELETE ON resolution BEGIN SELECT RAISE(ABORT, 'resolution is append-only: a correction supersedes, nothing is edited away'); END;
CREATE TRIGGER ledger_event_refuses_update BEFORE UPDATE ON ledger_event BEGIN SELECT RAISE(ABORT, 'ledger_event is append-only: a correction supersedes, nothing is edited away'); END;
CREATE TRIGGER ledger_event_refuses_delete BEFORE DELETE ON ledger_event BEGIN SELECT RAISE(ABORT, 'ledger_event is append-only: a correction supersedes, nothing is edited away'); END;
CREATE INDEX ix_delivery_channel_id_state_next_at ON delivery (channel_id, state, next_at);
CREATE INDEX ix_delivery_digest_id ON delivery (digest_id);
CREATE INDEX ix_subscription_question_id ON subscription (question_id);
CREATE INDEX ix_subscription_topic ON subscription (topic);
CREATE INDEX ix_attached_resolver_next_probe_at ON attached_resolver (next_probe_at);
COMMIT;
