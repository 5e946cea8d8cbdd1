"""A small Gallery: what is in its database and its queues, and the samples that this has to become, counted by hand."""

import time

from support import ROOT

ALICE, BOB, CAROL = (f"{i}0000000-aaaa-4bbb-8ccc-00000000000{i}" for i in (1, 2, 3))
PERSONAL = ["alice", "example.org", "holiday", "Paris", "Grandma"]  # what a page must never say

# Owner, type, visibility, in the trash, of an external library, bytes (None: not known; "no row": nobody looked yet), has an embedding.
ASSETS = [
    (ALICE, "IMAGE", "timeline", False, False, 1000, True),
    (ALICE, "IMAGE", "timeline", False, False, 2000, True),
    (ALICE, "IMAGE", "timeline", False, False, "no row", False),
    (ALICE, "IMAGE", "timeline", False, True, 13, False),
    (ALICE, "VIDEO", "timeline", False, False, 5_000_000_000, True),
    (ALICE, "IMAGE", "archive", False, False, 7, True),
    (ALICE, "VIDEO", "hidden", False, False, 9, False),
    (ALICE, "IMAGE", "timeline", True, False, 11, True),
    (BOB, "AUDIO", "timeline", False, False, 17, False),
    (BOB, "OTHER", "timeline", False, False, None, False),
    (BOB, "IMAGE", "timeline", True, True, 19, False),
    (CAROL, "IMAGE", "timeline", False, False, 6_442_451_401_949, False),
]
# Of which asset, of which person, deleted, visible.
FACES = [(0, 1, False, True), (1, 1, False, True), (1, 2, False, True), (4, None, False, True), (0, 3, True, True), (0, 4, False, False),
         (5, 5, False, True), (7, 6, False, True)]


def family(name, values, *labels):
    """{label values: value} → samples as support.samples() gives them."""
    return {(name, frozenset(zip(labels, key if isinstance(key, tuple) else (key,)))): value for key, value in values.items()}


API = {("immich_users_total", frozenset()): 2}
APP = {
    **family("immich_assets_total", {"image": 5, "video": 1, "audio": 1, "other": 1}, "type"),
    **family("immich_assets_storage_bytes", {"image": 6_442_451_404_962, "video": 5_000_000_000, "audio": 17, "other": 0}, "type"),
    **family("immich_users_assets_total", {(ALICE, "image"): 4, (ALICE, "video"): 1, (BOB, "audio"): 1, (BOB, "other"): 1,
                                           (CAROL, "image"): 1}, "user_id", "type"),
    **family("immich_users_storage_bytes", {(ALICE, "image"): 3013, (ALICE, "video"): 5_000_000_000, (BOB, "audio"): 17, (BOB, "other"): 0,
                                            (CAROL, "image"): 6_442_451_401_949}, "user_id", "type"),
    ("immich_search_embedding_coverage_ratio", frozenset()): 0.5,
    ("immich_faces_total", frozenset()): 4,
    ("immich_people_total", frozenset()): 2,
    ("immich_assets_trash_total", frozenset()): 2,
    ("immich_assets_external_total", frozenset()): 1,
}

QUEUES = """thumbnailGeneration metadataExtraction videoConversion faceDetection facialRecognition smartSearch duplicateDetection
backgroundTask storageTemplateMigration migration search sidecar library notifications backupDatabase ocr petDetection workflow editor
storageBackendMigration""".split()
STATUSES = ["active", "completed", "failed", "delayed", "waiting", "paused"]
JOBS = {("thumbnailGeneration", "active"): 1, ("thumbnailGeneration", "completed"): 2, ("thumbnailGeneration", "failed"): 1,
        ("thumbnailGeneration", "delayed"): 2, ("thumbnailGeneration", "waiting"): 3, ("smartSearch", "paused"): 2,
        ("ownQueue", "waiting"): 1}
AGES = {("thumbnailGeneration", "waiting"): 1000, ("thumbnailGeneration", "delayed"): 500, ("thumbnailGeneration", "failed"): 9000,
        ("ownQueue", "waiting"): 70}
SHOWN = [*QUEUES, "ownQueue"]
JOB = {
    **family("immich_queues_jobs", {(queue, status): JOBS.get((queue, status), 0) for queue in SHOWN for status in STATUSES},
             "queue", "status"),
    **family("immich_queues_paused", {queue: float(queue == "smartSearch") for queue in SHOWN}, "queue"),
}
AGE = family("immich_queues_oldest_job_age_seconds",
             {(queue, status): AGES.get((queue, status), 0) for queue in SHOWN for status in ("waiting", "delayed", "failed")},
             "queue", "status")


def fill_database(postgres, role, password):
    """`role` may read it."""
    postgres.execute((ROOT / "tests/data/gallery_schema.sql").read_text())
    for user, deleted in ((ALICE, "null"), (BOB, "null"), (CAROL, "now()")):
        postgres.execute(f"""insert into "user" ("id", "email", "name", "deletedAt") values
            ('{user}', 'alice@example.org', 'alice', {deleted})""")
    for i, (owner, kind, visibility, trashed, external, size, embedding) in enumerate(ASSETS):
        postgres.execute(f"""insert into asset ("id", "ownerId", "type", "visibility", "deletedAt", "isExternal", "originalPath") values
            ('{_asset(i)}', '{owner}', '{kind}', '{visibility}', {'now()' if trashed else 'null'}, {external}, '/photos/holiday.jpg')""")
        if size != "no row":
            postgres.execute(f"""insert into asset_exif ("assetId", "fileSizeInByte", "city") values
                ('{_asset(i)}', {size or 'null'}, 'Paris')""")
        if embedding:
            postgres.execute(f"""insert into smart_search ("assetId") values ('{_asset(i)}')""")
    for asset, person, deleted, visible in FACES:
        postgres.execute(f"""insert into asset_face ("assetId", "personId", "deletedAt", "isVisible") values ('{_asset(asset)}',
            {f"'{_person(person)}'" if person else 'null'}, {'now()' if deleted else 'null'}, {visible})""")
    for person in range(1, 7):
        postgres.execute(f"""insert into person ("id", "ownerId", "name") values ('{_person(person)}', '{ALICE}', 'Grandma')""")
    postgres.execute(f"create role {role} login password '{password}'; grant select on all tables in schema public to {role}")


def fill_queues(redis):
    """The oldest jobs are as old as AGES says."""
    now = time.time() * 1000
    ages = {key: now - 1000 * age for key, age in AGES.items()}
    for queue in QUEUES:
        redis.make_queue(queue)
    for job, later in (("1", 0), ("2", 10_000), ("3", 20_000)):
        redis.push("thumbnailGeneration", "wait", job, ages["thumbnailGeneration", "waiting"] + later)
    redis.push("thumbnailGeneration", "active", "4", now - 1e6)
    redis.add("thumbnailGeneration", "delayed", "5", (now + 60_000) * 4096, ages["thumbnailGeneration", "delayed"])
    redis.add("thumbnailGeneration", "delayed", "6", (now + 90_000) * 4096, now - 1e7)
    redis.add("thumbnailGeneration", "failed", "7", now, ages["thumbnailGeneration", "failed"])
    for job in ("8", "9"):
        redis.add("thumbnailGeneration", "completed", job, now, now)
        redis.push("smartSearch", "paused", job, now)
    redis.make_queue("smartSearch", paused=1)
    redis.make_queue("ownQueue")
    redis.ask("LPUSH", "immich_bull:ownQueue:wait", "0:10")  # BullMQ 4 put such a mark at the end
    redis.push("ownQueue", "wait", "alice@example.org/holiday", ages["ownQueue", "waiting"])


def _asset(number):
    return f"00000000-0000-4000-8000-0000000000{number:02}"


def _person(number):
    return f"00000000-0000-4000-9000-0000000000{number:02}"
