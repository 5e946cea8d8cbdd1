// The questions of the database collector, as SQL. docs/database.md says what they cost.
#pragma once

#include <string>

#include "collectors/database_schema.h"

namespace logmill {

// Series per user that are shown at most, of immich_users_assets_total; the largest ones. Totals count all.
inline constexpr int kMaxUserSeries = 10'000;

// One row: the number of users that are not deleted.
std::string UsersQuery(const DatabaseSchema& schema);

// One pass over all assets, with their sizes if exif is known. Rows of seven columns: "total" or "user"; owner, of at most 40 characters;
// type, null when it is none of the four; timeline assets; their bytes, a numeric or null; assets in the trash; external ones. The last two
// only of totals. One "total" row a type that occurs; a "user" row for each owner and type with timeline assets, kMaxUserSeries + 1 at
// most. What is not known counts 0.
std::string AssetsQuery(const DatabaseSchema& schema);

// One pass over embeddings and faces, and over assets to tell which of them are on the timeline. One row: timeline images and videos with
// an embedding, faces, people. What is not known counts 0. Only if embeddings or faces are known.
std::string FindingsQuery(const DatabaseSchema& schema);

}  // namespace logmill
