// Which of the tables that the metrics need are there, under which names, and may be read.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace logmill {

// What can be asked for. SQL: identifiers are quoted and with their schema; "" is what is missing.
struct DatabaseSchema {
  std::string users;            // table with "deletedAt"
  std::string assets;           // table with what the flags below say
  std::string exif;             // table with "assetId" and "fileSizeInByte"
  std::string embeddings;       // table with "assetId"
  std::string faces;            // table with "assetId" and what `visible_face` and people_known say
  std::string timeline;         // condition on asset `a`: it is shown on the timeline
  std::string visible_face;     // condition on face `f`
  bool owner_known = false;     // "ownerId" of assets
  bool trash_known = false;     // "deletedAt" of assets
  bool external_known = false;  // and "isExternal"
  bool people_known = false;    // "personId" of faces
  // Rows of embeddings and faces are always of an asset: foreign keys say so.
  bool findings_have_assets = false;
  // What is left out and why, a sentence each; metrics of groups that are off are not mentioned.
  std::vector<std::string> notices;

  // The metrics by type: also `timeline`.
  [[nodiscard]] bool asset_types_known() const { return !timeline.empty(); }
};

struct DatabaseColumn {
  bool readable = false;
  bool refers_to_asset = false;  // by a foreign key that was checked
};
// Those of one database schema, by table and name.
using DatabaseColumns = std::map<std::string, std::map<std::string, DatabaseColumn>>;

// The query for all that ReadDatabaseSchema() looks at: table, column, and the two of DatabaseColumn. A table without any such column has
// one row, whose column is null. `schema_literal` is the schema's name as an SQL literal.
std::string DatabaseColumnsQuery(const std::string& schema_literal);

// Gallery's tables, or those of older Immich versions (assets, exif, users, asset_faces), whose assets before version 1.133 have
// "isVisible" and "isArchived" instead of "visibility". `schema` is the name of the database schema, quoted; `users` and `assets` say which
// groups of metrics are wanted.
DatabaseSchema ReadDatabaseSchema(const DatabaseColumns& columns, const std::string& schema, bool users, bool assets);

}  // namespace logmill
