-- The tables of a Gallery server that the metrics are made of: its names and types, without what needs an extension. In the server
-- smart_search.embedding is a vector(512) of pgvector; columns that no test and no benchmark needs are left out.

create type assets_status_enum as enum ('active', 'trashed', 'deleted');
create type asset_visibility_enum as enum ('archive', 'timeline', 'hidden', 'locked');
create type sourcetype as enum ('machine-learning', 'exif', 'manual');

create table "user" (
  "id" uuid primary key default gen_random_uuid(),
  "email" character varying not null default '',
  "password" character varying not null default '',
  "createdAt" timestamp with time zone not null default now(),
  "isAdmin" boolean not null default false,
  "deletedAt" timestamp with time zone,
  "name" character varying not null default '',
  "quotaSizeInBytes" bigint,
  "quotaUsageInBytes" bigint not null default 0,
  "status" character varying not null default 'active'
);

create table "asset" (
  "id" uuid primary key default gen_random_uuid(),
  "deviceAssetId" character varying not null default '',
  "ownerId" uuid not null,
  "deviceId" character varying not null default '',
  "type" character varying not null,
  "originalPath" character varying not null default '',
  "fileCreatedAt" timestamp with time zone not null default now(),
  "fileModifiedAt" timestamp with time zone not null default now(),
  "isFavorite" boolean not null default false,
  "duration" character varying,
  "checksum" bytea not null default '',
  "livePhotoVideoId" uuid,
  "updatedAt" timestamp with time zone not null default now(),
  "createdAt" timestamp with time zone not null default now(),
  "originalFileName" character varying not null default '',
  "thumbhash" bytea,
  "isOffline" boolean not null default false,
  "libraryId" uuid,
  "isExternal" boolean not null default false,
  "deletedAt" timestamp with time zone,
  "localDateTime" timestamp with time zone not null default now(),
  "stackId" uuid,
  "duplicateId" uuid,
  "status" assets_status_enum not null default 'active',
  "updateId" uuid not null default gen_random_uuid(),
  "visibility" asset_visibility_enum not null default 'timeline',
  "width" integer,
  "height" integer,
  "isEdited" boolean not null default false
);

create table "asset_exif" (
  "assetId" uuid primary key,
  "make" character varying,
  "model" character varying,
  "exifImageWidth" integer,
  "exifImageHeight" integer,
  "fileSizeInByte" bigint,
  "orientation" character varying,
  "dateTimeOriginal" timestamp with time zone,
  "modifyDate" timestamp with time zone,
  "lensModel" character varying,
  "fNumber" double precision,
  "focalLength" double precision,
  "iso" integer,
  "latitude" double precision,
  "longitude" double precision,
  "city" character varying,
  "state" character varying,
  "country" character varying,
  "description" text not null default '',
  "exposureTime" character varying,
  "timeZone" character varying,
  "updatedAt" timestamp with time zone not null default clock_timestamp(),
  "updateId" uuid not null default gen_random_uuid()
);

create table "person" (
  "id" uuid primary key default gen_random_uuid(),
  "ownerId" uuid not null,
  "name" character varying not null default '',
  "isHidden" boolean not null default false,
  "type" character varying not null default 'person',
  "species" character varying
);

create table "asset_face" (
  "assetId" uuid not null,
  "personId" uuid,
  "imageWidth" integer not null default 0,
  "imageHeight" integer not null default 0,
  "boundingBoxX1" integer not null default 0,
  "boundingBoxY1" integer not null default 0,
  "boundingBoxX2" integer not null default 0,
  "boundingBoxY2" integer not null default 0,
  "id" uuid primary key default gen_random_uuid(),
  "sourceType" sourcetype not null default 'machine-learning',
  "deletedAt" timestamp with time zone,
  "updatedAt" timestamp with time zone not null default now(),
  "updateId" uuid not null default gen_random_uuid(),
  "isVisible" boolean not null default true
);

create table "smart_search" (
  "assetId" uuid primary key,
  "embedding" text not null default ''
);
