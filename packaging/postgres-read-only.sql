-- A role that may read what Logmill's database metrics are made of, and nothing else: of each table only the columns that are counted. No
-- names, e-mail addresses, passwords, paths, places or embeddings.
--
-- Once, as a superuser (Gallery's own role usually is one), in Gallery's database:
--
--   psql --dbname=immich --file=postgres-read-only.sql
--   psql --dbname=immich --command='\password logmill'
--
-- Then DB_USERNAME=logmill, and DB_PASSWORD or DB_PASSWORD_FILE, for Logmill alone. It may be run again, after an update of Gallery, too: a
-- table that Gallery made anew has lost its grants.
do $$
begin
  if not exists (select from pg_roles where rolname = 'logmill') then
    create role logmill login connection limit 5;
  end if;
  execute format('grant connect on database %I to logmill', current_database());
end
$$;

alter role logmill set default_transaction_read_only = on;
grant usage on schema public to logmill;

grant select ("deletedAt") on public."user" to logmill;
grant select ("id", "ownerId", "type", "deletedAt", "visibility", "isExternal") on public.asset to logmill;
grant select ("assetId", "fileSizeInByte") on public.asset_exif to logmill;
grant select ("assetId") on public.smart_search to logmill;
grant select ("assetId", "personId", "deletedAt", "isVisible") on public.asset_face to logmill;

-- For the metrics of the group io, of the whole server: sessions and statements of other roles, without their values.
grant pg_read_all_stats to logmill;
