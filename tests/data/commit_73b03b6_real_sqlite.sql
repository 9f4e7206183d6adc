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
INSERT INTO "attached_resolver" VALUES(3,'manifold','{"market": "will-it-be-windy", "criteria_match": false, "by_slug": false, "base_url": "https://api.manifold.markets/"}',168,360,0,NULL,0,'2025-04-01 12:00:00.000000','first admin','2025-04-25 00:15:39.899430',NULL,NULL,NULL,'waiting','[]','',NULL,0);
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
INSERT INTO "channel" VALUES(1,'desk','webhook','https://example.org/hook','whsec_KhTJlWhJ1faQQqqJGDvCIEQSyf1V1Wxl5avuhxsV2uM=','[]',0,1,'','2025-04-01 12:00:00.000000',NULL,'UTC',NULL,NULL,NULL);
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
INSERT INTO "commentator" VALUES(1,'ann-example','Ann Example','ann example','person','','',0,'2025-04-01 12:00:00.000000',NULL,NULL);
INSERT INTO "commentator" VALUES(2,'bob-example','Bob Example','bob example','person','','',0,'2025-04-01 12:00:00.000000',NULL,NULL);
INSERT INTO "commentator" VALUES(3,'cy-example','Cy Example','cy example','person','','',0,'2025-04-01 12:00:00.000000',NULL,NULL);
INSERT INTO "commentator" VALUES(4,'dee-example','Dee Example','dee example','person','','',0,'2025-04-01 12:00:00.000000',NULL,NULL);
INSERT INTO "commentator" VALUES(5,'eve-example','Eve Example','eve example','person','','',0,'2025-04-01 12:00:00.000000',NULL,NULL);
INSERT INTO "commentator" VALUES(6,'fay-example','Fay Example','fay example','person','','',0,'2025-04-01 12:00:00.000000',NULL,NULL);
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
INSERT INTO "ledger_event" VALUES(1,'2025-04-01 12:00:00.000000','first admin','question.entered','question',1,'{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"rain","id":1,"invented":false,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"rain","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be rain?","topics":["weather"]}','89be10af7a0c598b52761782b4ddfef4','6c05ead556de44c72e157833a4ccc5fc79e3e049a9f19c311482ae17901269bf','7cff523a4571177954643547bee2af8b04ad71a84d2b9c0d29a15b3e9fb1aba2');
INSERT INTO "ledger_event" VALUES(2,'2025-04-01 12:00:00.000000','first admin','question.entered','question',2,'{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"snow","id":2,"invented":false,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"snow","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be snow?","topics":["weather"]}','ff7de5265a71682a0ec6e2d74d8f4d64','e7af892fb7f0da3a3be4d399f2e08a9a38f49a693e9e67a1ac1ec21c01d6e45c','153c70ebee94aca329c128372111af8e9027fa4672232c24803fb42a095d5103');
INSERT INTO "ledger_event" VALUES(3,'2025-04-01 12:00:00.000000','first admin','question.entered','question',3,'{"assignee":null,"condition_outcome":null,"condition_question_id":null,"condition_text":null,"created_at":"2025-04-01T12:00:00+00:00","deadline":"2025-05-01T23:59:59+00:00","deadline_basis":"stated","deadline_zone":"UTC","due_at":"2025-05-01T23:59:59+00:00","event":"wind","id":3,"invented":false,"kind":"binary","known_at":null,"next_prompt_at":"2025-05-01T23:59:59+00:00","opens_at":null,"options":null,"outcome":null,"prompts":0,"resolution_criteria":"As the office says.","slug":"wind","snoozed_until":null,"snoozes":0,"status":"open","text":"Will it be wind?","topics":["weather"]}','dd6720b44c92c73e7b20be3e7f873208','2090b4e696dcf8c58ac8ff55e063861d8dd3694b5cf939aa553c7680d3cf6722','cb7ef1bf7348eb0afce79071be6b3ec0480f4bb16023b1ed5e903fb0ec413301');
INSERT INTO "ledger_event" VALUES(4,'2025-04-01 12:00:00.000000','first admin','commentator.entered','commentator',1,'{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":1,"invented":false,"kind":"person","name":"Ann Example","name_key":"ann example","slug":"ann-example","statement":"","statement_on":null,"statement_url":null}','417b84f99fb461bf4c20822b49bdc25c','7f833edc4822a3bc5178328b9441a0302eeee2d622f8ecc8d6edd27ff954191d','a2f49d35d7b033e61e52d7c8971ef961ad6d17f08fc5f683e1d873a1738d15e9');
INSERT INTO "ledger_event" VALUES(5,'2025-04-01 12:00:00.000000','first admin','source.entered','source',1,'{"created_at":"2025-04-01T12:00:00+00:00","id":1,"invented":false,"outlet":"The Gazette","published_on":null,"title":"A column","url":"https://example.org/column"}','0ca411819b962fde79174c581ca2d4d5','9fc95442edb565467005ecef3cebc1be16b9dc609d7c1143e1099528a66bd6e5','f20d003c4ca4bdb175b3830612726c5f3aeb5420e4b69d9459482789b918b8f6');
INSERT INTO "ledger_event" VALUES(6,'2025-04-01 12:00:00.000000','first admin','prediction.recorded','prediction',1,'{"commentator_id":1,"commitment":false,"hedge":"unlikely","hedged":false,"high":0.3,"id":1,"lexicon":"survey","lexicon_version":"1","low":0.05,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":"unlikely","probabilities":null,"probability":0.19,"question_id":1,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}','13025a3d17e22bed294f4447d85273f6','02428c2e6a0224ed21531e4045063da956057cf8c92bbcb6d7fab03f28b47ed8','cfded959e2e6c8cac1e3a40e3056d82b561fa3932925107f444521925464b2d9');
INSERT INTO "ledger_event" VALUES(7,'2025-04-01 12:00:00.000000','first admin','prediction.recorded','prediction',2,'{"commentator_id":1,"commitment":false,"hedge":"might","hedged":true,"high":0.6,"id":2,"lexicon":"survey","lexicon_version":"1","low":0.15,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":"might","probabilities":null,"probability":0.39,"question_id":2,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}','5946b3b1ee34a9b9b84d9bfafd286228','8cb8a546295ece0252fca25eb2639ddd194885baa81c18dcd07e41bf49ca4984','56baa7ca597437af7888a9c404ce4693bfa8ccb635972318f1d04cde94a7c3ac');
INSERT INTO "ledger_event" VALUES(8,'2025-04-01 12:00:00.000000','first admin','commentator.entered','commentator',2,'{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":2,"invented":false,"kind":"person","name":"Bob Example","name_key":"bob example","slug":"bob-example","statement":"","statement_on":null,"statement_url":null}','bc0e1047564c1dd465788d2209bf36d8','237c731b1e280c8bc6c38fa61dca75cac54bfd5d7ff1d04f9fbb33a6dd99be17','af15c94417fe77a7793fbd5fc5e9683d020c9c388345bc81b4c234df7666921d');
INSERT INTO "ledger_event" VALUES(9,'2025-04-01 12:00:00.000000','first admin','prediction.recorded','prediction',3,'{"commentator_id":2,"commitment":false,"hedge":null,"hedged":false,"high":0.8,"id":3,"lexicon":null,"lexicon_version":null,"low":0.8,"made_at":"2025-03-20T00:00:00+00:00","note":"A note.","overridden":false,"phrase":null,"probabilities":null,"probability":0.8,"question_id":1,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}','be128061f85910c16be645b464cb12c4','5722c6e4d897b56a666e288b52929da14fe151387296f0bc6ddb372248c3f0df','1f6d7edccea879f78ff834739bcd96ec1880a330faa23607520047bae2be8875');
INSERT INTO "ledger_event" VALUES(10,'2025-04-01 12:00:00.000000','first admin','commentator.entered','commentator',3,'{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":3,"invented":false,"kind":"person","name":"Cy Example","name_key":"cy example","slug":"cy-example","statement":"","statement_on":null,"statement_url":null}','90354b779d01c7ff53e1d554dcaa0f2b','b00328f42790697f3eaae749fcc2c9a11846b5265ff51f962c52121a78fbd7f5','317589e84a49990f477411a0a87ca3ce9d4ef1cd332c631a521546b3c5783df6');
INSERT INTO "ledger_event" VALUES(11,'2025-04-01 12:00:00.000000','first admin','commentator.entered','commentator',4,'{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":4,"invented":false,"kind":"person","name":"Dee Example","name_key":"dee example","slug":"dee-example","statement":"","statement_on":null,"statement_url":null}','9c5dbe5627e86b5a2a31df0a8bd868fe','c6c6dc01d90abe0c1f2309af2cf57099dcd551cd8730bd5e699b55687edaaa64','3c93d0d24841100648d92d6fd0fefeb18d2458715c3aca3334f5fb7500959623');
INSERT INTO "ledger_event" VALUES(12,'2025-04-01 12:00:00.000000','first admin','commentator.entered','commentator',5,'{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":5,"invented":false,"kind":"person","name":"Eve Example","name_key":"eve example","slug":"eve-example","statement":"","statement_on":null,"statement_url":null}','2b091bba821581e8bcdb5eba4130032e','cb0c7723b29f55a9ab5b1e45011d57d51e03b0a0473c2c485542ed4af15584a0','d6969e12fca48744d042d8ca776e327220517c1ea03e965c1b49b927b9966800');
INSERT INTO "ledger_event" VALUES(13,'2025-04-01 12:00:00.000000','first admin','predictions.recorded','prediction',4,'{"count":4,"ids":[[4,7]],"sha256":"73e70b04efb914e42e57fea16b472697d9dd399acefce64964182c4008edd0b3"}','d04a1a63fe37bcf39a94d362ca900bf9','d4a8ce7922b99d80a1824f92c6205c7f1a8eac6854bc76ab0146a060cc810a6f','b65e56bdda571213720159b67e30d4e345c19d140fc75e873f7c5baf8662520b');
INSERT INTO "ledger_event" VALUES(14,'2025-04-01 12:00:00.000000','first admin','prediction.corrected','prediction',8,'{"commentator_id":1,"commitment":false,"hedge":null,"hedged":false,"high":0.35,"id":8,"lexicon":null,"lexicon_version":null,"low":0.35,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":null,"probabilities":null,"probability":0.35,"question_id":2,"reason":"The figure was misread.","recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":null,"supersedes_id":2,"withdrawn":false}','9b99089d01c8e48e5c11af1d376e86fc','e27b3899d880aa0aa5026f2a5d382d7e940632cb9776117f67035df046a886d5','7cbe5086ca7eff17969413cb11c350fadae933f041b6bc6c3c488bb65a47483b');
INSERT INTO "ledger_event" VALUES(15,'2025-04-01 12:00:00.000000','first admin','commentator.entered','commentator',6,'{"created_at":"2025-04-01T12:00:00+00:00","description":"","id":6,"invented":false,"kind":"person","name":"Fay Example","name_key":"fay example","slug":"fay-example","statement":"","statement_on":null,"statement_url":null}','decbe99f31ea3e9c4ba3ebb0f6955350','bfaecde9615e09c00bf6c56a0dda0802e8f00a76408e0a404a31440fac563ef9','25a4cb76a42051ca3c4f532a8252db6a7389e7dfcea3761487f6dbd84694fca4');
INSERT INTO "ledger_event" VALUES(16,'2025-04-01 12:00:00.000000','first admin','prediction.recorded','prediction',9,'{"commentator_id":6,"commitment":false,"hedge":null,"hedged":false,"high":0.5,"id":9,"lexicon":null,"lexicon_version":null,"low":0.5,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":null,"probabilities":null,"probability":0.5,"question_id":3,"reason":null,"recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":null,"withdrawn":false}','957ad74fa68924396e34089ee07b2996','c878536efc81d7030f3d7c549e49b994b224ac2ebdee54db45f458399d1a3fb3','6cfd1b515e6b03a620abd0cb4e7cafc84b9eb4b2ddf2a7c3371443dd929a044d');
INSERT INTO "ledger_event" VALUES(17,'2025-04-01 12:00:00.000000','first admin','prediction.withdrawn','prediction',10,'{"commentator_id":6,"commitment":false,"hedge":null,"hedged":false,"high":null,"id":10,"lexicon":null,"lexicon_version":null,"low":null,"made_at":"2025-03-20T00:00:00+00:00","note":"","overridden":false,"phrase":null,"probabilities":null,"probability":null,"question_id":3,"reason":"Said by somebody else.","recorded_at":"2025-04-01T12:00:00+00:00","recorded_by":"first admin","source_id":1,"supersedes_id":9,"withdrawn":true}','a1132da6ad3ac06cdec2acbcde49ef88','a3e4314313eae94961a2d392378907624d3189a4a3fee3122cc890ffb7305957','0065b24780dec2c25bb480d6fdd49a3c66bac3531410dcbc3e05ee15be0cba22');
INSERT INTO "ledger_event" VALUES(18,'2025-04-01 12:00:00.000000','first admin','question.scored','question',3,'{"commentators":0}','38a63d6b762d88631a334a4fd007c9de','d56e42a8e260f8505241df4c203ed385df510a97f556ebfc719d23656eb4ca6c','c4524e224c7ccbaa622f1dbd0ba674898a5a2588db48d33fd66fcc6007bf32a6');
INSERT INTO "ledger_event" VALUES(19,'2025-04-01 12:00:00.000000','first admin','question.resolver_attached','question',3,'{"after":{"automatic":false,"config":{"base_url":"https://api.manifold.markets/","by_slug":false,"criteria_match":false,"market":"will-it-be-windy"},"every_minutes":360,"lead_hours":168,"paused":false,"resolver":"manifold"},"before":null}','1f118332546e4c91f3ef19df38bf361c','430cffb1a85adb245e1772afa32216a4334e5f3c12cc56f0dd0289cf8196ab36','beaec94965808a5c9f7ad9c5d1ff9e6361b0de126ce7526609f70049583d0a24');
INSERT INTO "ledger_event" VALUES(20,'2025-05-11 12:00:00.000000','first admin','resolution.confirmed','resolution',1,'{"automatic":false,"evidence":[{"note":"The official figure.","url":"https://example.org/e"}],"id":1,"known_at":"2025-05-01T23:59:59+00:00","note":"","outcome":"yes","proposal_id":null,"question_id":1,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":null}','06aa9d79b13976919c2bb173be0e6167','40326f7076883acdf3c8b24dd24a13c9fcf5252d84f23688c714118c149af83a','56b33928ed9c0e383c8b58d872a8097d56c9e6633672c11116584661ecd0dc05');
INSERT INTO "ledger_event" VALUES(21,'2025-05-11 12:00:00.000000','first admin','question.scored','question',1,'{"commentators":3}','b6c001391ae3dd294535f45e1337c096','944a1862558194cc98d3f7c77fd94f3d676654980ad4274d3a8fa40cd3e9acfb','69297e5a89e7ab1f0b40684c43872a751dc88050d74da14aeca30255dd6d1779');
INSERT INTO "ledger_event" VALUES(22,'2025-05-11 12:00:00.000000','first admin','resolution.confirmed','resolution',2,'{"automatic":false,"evidence":[{"note":"The official figure.","url":"https://example.org/e"}],"id":2,"known_at":"2025-05-01T23:59:59+00:00","note":"","outcome":"yes","proposal_id":null,"question_id":2,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":null}','c586f27d32898e8208c5654fa4e5d66d','0e9c444e9e0c811ec29a1ae8ed3c0e1f7737b59bcdb62da48a48c6a615ccc6d1','8e9c28c4431dc57caa441a657309cc2351d9ce04e32820a58d9fa9f9abce7e07');
INSERT INTO "ledger_event" VALUES(23,'2025-05-11 12:00:00.000000','first admin','question.scored','question',2,'{"commentators":3}','be68a5351f145d33f1d46574a57a52a9','c62057f430d6576f87d75f67dc2f8dfb223762249bd068bb41aa4c896fad6d40','00b760edc01667a2a92df1047f6f121d218ae537b9a044f19738f017475b9f21');
INSERT INTO "ledger_event" VALUES(24,'2025-05-11 12:00:00.000000','first admin','resolution.corrected','resolution',3,'{"automatic":false,"evidence":[{"note":"The official figure.","url":"https://example.org/e"}],"id":3,"known_at":"2025-05-01T23:59:59+00:00","note":"Corrected.","outcome":"no","proposal_id":null,"question_id":2,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":2}','a817dd771c7c28563ec21ac4cd6ae42e','117e1ba61db1b5edbe09546ce9629760336a37a2e5ec08277bf579ed3f892f75','a45af7c44e25b32ec5e3a637793fedba8271d0f78d7fedb720fbd6dedc775e72');
INSERT INTO "ledger_event" VALUES(25,'2025-05-11 12:00:00.000000','first admin','question.scored','question',2,'{"commentators":3}','33d7e008e4027917046243ce2f33fe91','447915bc36c825c3192525f8c79dd254b81a2995690765908dcd7ada83ea1c5a','013b21c78273934f0f73d7c43d1e36ac16fa04f95b1605d1011ba19277489cc1');
INSERT INTO "ledger_event" VALUES(26,'2025-05-11 12:00:00.000000','first admin','resolution.confirmed','resolution',4,'{"automatic":false,"evidence":[{"note":"The official figure.","url":"https://example.org/e"}],"id":4,"known_at":"2025-05-01T23:59:59+00:00","note":"","outcome":"no","proposal_id":null,"question_id":3,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":null}','34a5c6d8a0daf0dfff3690b95ede63a4','7597248cd48423b9035759ce8bbb1d7862de5afecad441f037af40f72881e961','3d5e2ac4e5d1ccd6066e5b6cf3a4c82468c78b88e2190b43092d52cd53d8aa5e');
INSERT INTO "ledger_event" VALUES(27,'2025-05-11 12:00:00.000000','first admin','question.scored','question',3,'{"commentators":1}','8ff2ac0cd5cd351a8d20b16ee0a1bb2f','b3b364419b21ab6eccfe6ee329b3ce3dcd011668bd00acf4a020eec11c62d16b','654d9b72f7874c1d380a74aefe8ff6aa9036387f44b2b247f4caa5c41a508450');
INSERT INTO "ledger_event" VALUES(28,'2025-05-11 12:00:00.000000','first admin','resolution.taken_back','resolution',5,'{"automatic":false,"evidence":[],"id":5,"known_at":null,"note":"The office withdrew the notice.","outcome":null,"proposal_id":null,"question_id":3,"resolved_at":"2025-05-11T12:00:00+00:00","resolved_by":"first admin","supersedes_id":4}','8f25e544e2962f4a5b41d195bdf8735b','d9d6f5c01ac4fb952f2b586c6c589ac4c1e209c786917e21015d67a5e777b278','1eb6a8d4d60a8928ff53143f8f7c6584dc35e349c8a32c023af40ea34f379ae2');
INSERT INTO "ledger_event" VALUES(29,'2025-05-11 12:00:00.000000','first admin','question.scored','question',3,'{"commentators":0}','98d0195af84db8075e6c335efe6a0a30','0362b814c23106a122f87166c5987cd1aa09b9e8a9d86cda7d0e025fceee0820','fd98a82a05f9813d154c66f28c1c6b9e96cc60d56285ecf2105f38985594537f');
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
INSERT INTO "prediction" VALUES(4,3,1,1,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',0.85,NULL,0.7,0.95,'very likely','survey','1','very-likely',0,0,0,'',NULL,0,NULL,0);
INSERT INTO "prediction" VALUES(5,3,2,1,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',0.4,NULL,0.15,0.6,'could','survey','1','could',1,0,0,'',NULL,0,NULL,0);
INSERT INTO "prediction" VALUES(6,4,2,1,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',0.3,NULL,0.3,0.3,NULL,NULL,NULL,NULL,0,0,0,'',NULL,0,NULL,0);
INSERT INTO "prediction" VALUES(7,5,3,1,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',0.33,NULL,0.2,0.49,'probably','survey','1','probably',0,0,0,'',NULL,0,NULL,1);
INSERT INTO "prediction" VALUES(8,1,2,NULL,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',0.35,NULL,0.35,0.35,NULL,NULL,NULL,NULL,0,0,0,'',2,0,'The figure was misread.',0);
INSERT INTO "prediction" VALUES(9,6,3,1,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',0.5,NULL,0.5,0.5,NULL,NULL,NULL,NULL,0,0,0,'',NULL,0,NULL,0);
INSERT INTO "prediction" VALUES(10,6,3,1,'2025-03-20 00:00:00.000000','2025-04-01 12:00:00.000000','first admin',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,'',9,1,'Said by somebody else.',0);
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
INSERT INTO "question" VALUES(1,'rain','Will it be rain?','As the office says.','binary',NULL,NULL,'2025-05-01 23:59:59.000000','UTC','stated','rain',NULL,NULL,NULL,'resolved','2025-05-01 23:59:59.000000',NULL,0,'yes','2025-05-01 23:59:59.000000',0,'2025-04-01 12:00:00.000000',NULL,0,NULL);
INSERT INTO "question" VALUES(2,'snow','Will it be snow?','As the office says.','binary',NULL,NULL,'2025-05-01 23:59:59.000000','UTC','stated','snow',NULL,NULL,NULL,'resolved','2025-05-01 23:59:59.000000',NULL,0,'no','2025-05-01 23:59:59.000000',0,'2025-04-01 12:00:00.000000',NULL,0,NULL);
INSERT INTO "question" VALUES(3,'wind','Will it be wind?','As the office says.','binary',NULL,NULL,'2025-05-01 23:59:59.000000','UTC','stated','wind',NULL,NULL,NULL,'due','2025-05-01 23:59:59.000000','2025-05-01 23:59:59.000000',0,NULL,NULL,0,'2025-04-01 12:00:00.000000',NULL,0,NULL);
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
INSERT INTO "resolution" VALUES(1,1,'yes','2025-05-01 23:59:59.000000','[{"url": "https://example.org/e", "note": "The official figure."}]','',0,'2025-05-11 12:00:00.000000','first admin',NULL,NULL);
INSERT INTO "resolution" VALUES(2,2,'yes','2025-05-01 23:59:59.000000','[{"url": "https://example.org/e", "note": "The official figure."}]','',0,'2025-05-11 12:00:00.000000','first admin',NULL,NULL);
INSERT INTO "resolution" VALUES(3,2,'no','2025-05-01 23:59:59.000000','[{"url": "https://example.org/e", "note": "The official figure."}]','Corrected.',0,'2025-05-11 12:00:00.000000','first admin',NULL,2);
INSERT INTO "resolution" VALUES(4,3,'no','2025-05-01 23:59:59.000000','[{"url": "https://example.org/e", "note": "The official figure."}]','',0,'2025-05-11 12:00:00.000000','first admin',NULL,NULL);
INSERT INTO "resolution" VALUES(5,3,NULL,NULL,'[]','The office withdrew the notice.',0,'2025-05-11 12:00:00.000000','first admin',NULL,4);
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
INSERT INTO "score" VALUES(1,1,656100000000,656100000000,656100000000,490000000000,902500000000,1,1,1,250000000000,'even',1,0,0,'2025-05-01 23:59:59.000000');
INSERT INTO "score" VALUES(2,1,40000000000,40000000000,40000000000,40000000000,40000000000,3,3,1,250000000000,'even',0,0,0,'2025-05-01 23:59:59.000000');
INSERT INTO "score" VALUES(3,1,22500000000,22500000000,22500000000,2500000000,90000000000,4,4,1,250000000000,'even',1,0,0,'2025-05-01 23:59:59.000000');
INSERT INTO "score" VALUES(1,2,122500000000,122500000000,122500000000,122500000000,122500000000,8,8,1,250000000000,'even',0,0,0,'2025-05-01 23:59:59.000000');
INSERT INTO "score" VALUES(3,2,160000000000,160000000000,160000000000,22500000000,360000000000,5,5,1,250000000000,'even',1,1,0,'2025-05-01 23:59:59.000000');
INSERT INTO "score" VALUES(4,2,90000000000,90000000000,90000000000,90000000000,90000000000,6,6,1,250000000000,'even',0,0,0,'2025-05-01 23:59:59.000000');
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
INSERT INTO "source" VALUES(1,'https://example.org/column','A column','The Gazette',NULL,0,'2025-04-01 12:00:00.000000');
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
INSERT INTO "standing" VALUES(1,'',2,2,0,0,0,778600000000,778600000000,778600000000,612500000000,1025000000000);
INSERT INTO "standing" VALUES(1,'weather',2,2,0,0,0,778600000000,778600000000,778600000000,612500000000,1025000000000);
INSERT INTO "standing" VALUES(2,'',1,1,0,0,0,40000000000,40000000000,40000000000,40000000000,40000000000);
INSERT INTO "standing" VALUES(2,'weather',1,1,0,0,0,40000000000,40000000000,40000000000,40000000000,40000000000);
INSERT INTO "standing" VALUES(3,'',2,1,0,0,1,22500000000,22500000000,22500000000,2500000000,90000000000);
INSERT INTO "standing" VALUES(3,'weather',2,1,0,0,1,22500000000,22500000000,22500000000,2500000000,90000000000);
INSERT INTO "standing" VALUES(4,'',1,1,0,0,0,90000000000,90000000000,90000000000,90000000000,90000000000);
INSERT INTO "standing" VALUES(4,'weather',1,1,0,0,0,90000000000,90000000000,90000000000,90000000000,90000000000);
INSERT INTO "standing" VALUES(5,'',1,0,0,0,0,0,0,0,0,0);
INSERT INTO "standing" VALUES(5,'weather',1,0,0,0,0,0,0,0,0,0);
INSERT INTO "standing" VALUES(6,'',0,0,0,0,0,0,0,0,0,0);
INSERT INTO "standing" VALUES(6,'weather',0,0,0,0,0,0,0,0,0,0);
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
