-- A Gallery library of :assets assets and 20 users, in the tables of tests/data/gallery_schema.sql: the widths of rows are those of a real
-- server; one embedding in smart_search is 2 KB, but stands out of line, as a pointer of 18 bytes.
select setseed(0.5);
insert into "user" ("email", "deletedAt") select 'user' || i || '@example.org', case when i = 20 then now() end from generate_series(1, 20) i;
insert into person ("ownerId", "name") select id, 'Person ' || i from generate_series(1, greatest(:assets / 4000, 1)) i, "user";
create temporary table owners as
  select u.id, row_number() over () - 1 as place, (select array_agg(p.id) from person p where p."ownerId" = u.id) as people from "user" u;

-- A few users have most assets.
insert into asset ("deviceAssetId", "ownerId", "deviceId", "type", "originalPath", "checksum", "originalFileName", "thumbhash", "isExternal",
                   "deletedAt", "visibility", "width", "height")
  select 'IMG_' || i || '.jpg-1700000000000', o.id, 'a0000000-0000-4000-8000-00000000000' || i % 10,
         case when type < 0.88 then 'IMAGE' when type < 0.998 then 'VIDEO' when type < 0.999 then 'AUDIO' else 'OTHER' end,
         '/usr/src/app/upload/library/' || o.id || '/2024/2024-05-17/IMG_' || i || '.jpg', sha224(i::text::bytea), 'IMG_' || i || '.jpg',
         substring(sha256(i::text::bytea) for 24), external < 0.15, case when trash < 0.025 then now() end,
         (case when seen < 0.88 then 'timeline' when seen < 0.96 then 'hidden' when seen < 0.99 then 'archive' else 'locked' end)::asset_visibility_enum,
         4032, 3024
  from (select i, random(), random(), random(), random(), floor(20 * random() * random()) from generate_series(1, :assets) i offset 0)
         r(i, type, external, trash, seen, owner)
  join owners o on o.place = r.owner;

insert into asset_exif ("assetId", "make", "model", "exifImageWidth", "exifImageHeight", "fileSizeInByte", "orientation", "dateTimeOriginal",
                        "modifyDate", "lensModel", "fNumber", "focalLength", "iso", "latitude", "longitude", "city", "state", "country",
                        "exposureTime", "timeZone")
  select id, 'Example', 'Camera 15 Pro', 4032, 3024,
         case when random() > 0.001 then (case type when 'VIDEO' then 8e7 else 4e6 end * (0.5 + random()))::bigint end,
         '1', now(), now(), 'Camera 15 Pro back triple camera 6.765mm f/1.78', 1.78, 6.8, 100, 52.5, 13.4, 'Berlin', 'Berlin', 'Germany', '1/120',
         'Europe/Berlin'
  from asset where random() < 0.995;

insert into smart_search ("assetId", "embedding") select id, 'vector out of line' from asset
  where type in ('IMAGE', 'VIDEO') and visibility <> 'hidden' and random() < 0.97;

-- Four of ten assets show two or three faces; one face in five is nobody known.
insert into asset_face ("assetId", "personId", "imageWidth", "imageHeight", "deletedAt", "isVisible")
  select s.id, o.people[1 + floor(random() * random() * 1.25 * array_length(o.people, 1))], 1440, 1080, case when random() < 0.02 then now() end,
         random() > 0.02
  from (select a.id, a."ownerId" from asset a, lateral generate_series(1, (case when random() < 0.4 and a.id is not null then 1 + 3 * random() else 0 end)::int)
        where type in ('IMAGE', 'VIDEO') offset 0) s
  join owners o on o.id = s."ownerId";

-- As the server has them.
alter table asset_exif add foreign key ("assetId") references asset on delete cascade;
alter table smart_search add foreign key ("assetId") references asset on delete cascade;
alter table asset_face add foreign key ("assetId") references asset on delete cascade;
