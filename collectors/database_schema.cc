#include "collectors/database_schema.h"

#include <optional>
#include <string_view>
#include <utility>

namespace logmill {
namespace {

using Names = std::vector<std::string_view>;

constexpr char kGrants[] = "packaging/postgres-read-only.sql grants it";

std::string Listed(const Names& names) {
  std::string text;
  size_t left = names.size();
  for (const std::string_view name : names) {
    text += name;
    --left;
    if (left > 0) text += left == 1 ? " and " : ", ";
  }
  return text;
}

class SchemaReader {
 public:
  SchemaReader(const DatabaseColumns& columns, const std::string& schema) : columns_(columns), schema_(schema) {}

  void ReadUsers() { found_.users = Table(Choose("user", "users"), {"deletedAt"}, {"immich_users_total"}); }

  void ReadAssets() {
    assets_ = Choose("asset", "assets");
    found_.assets = Quoted(assets_);
    found_.trash_known = Has(assets_, {"deletedAt"}, {"immich_assets_trash_total"});
    found_.external_known = Has(assets_, {"deletedAt", "isExternal"}, {"immich_assets_external_total"});
    ReadTimeline();
    if (!found_.asset_types_known()) return;
    found_.owner_known = Has(assets_, {"ownerId"}, {"immich_users_assets_total", "immich_users_storage_bytes"});
    const bool joins = Has(assets_, {"id"},
                           {"immich_assets_storage_bytes", "immich_users_storage_bytes", "immich_search_embedding_coverage_ratio",
                            "immich_faces_total", "immich_people_total"});
    if (joins) ReadJoined();
  }

  DatabaseSchema Take() { return std::move(found_); }

 private:
  void ReadTimeline() {
    const Names metrics{"immich_assets_total",
                        "immich_assets_storage_bytes",
                        "immich_users_assets_total",
                        "immich_users_storage_bytes",
                        "immich_search_embedding_coverage_ratio",
                        "immich_faces_total",
                        "immich_people_total"};
    const bool older = assets_ == "assets" && !Exists(assets_, "visibility") && Exists(assets_, "isArchived");
    const Names columns = older ? Names{"type", "deletedAt", "isVisible", "isArchived"} : Names{"type", "deletedAt", "visibility"};
    if (!Has(assets_, columns, metrics)) return;
    found_.timeline = older ? R"(a."deletedAt" is null and a."isVisible" and not a."isArchived")"
                            : R"(a."deletedAt" is null and a."visibility" = 'timeline')";
  }

  void ReadJoined() {
    found_.exif =
        Table(Choose("asset_exif", "exif"), {"assetId", "fileSizeInByte"}, {"immich_assets_storage_bytes", "immich_users_storage_bytes"});
    found_.embeddings = Table("smart_search", {"assetId"}, {"immich_search_embedding_coverage_ratio"});
    const std::string faces = Choose("asset_face", "asset_faces");
    found_.findings_have_assets = HaveAssets("smart_search") && HaveAssets(faces);
    // The older table has no hidden faces.
    const bool older = faces == "asset_faces" && !Exists(faces, "isVisible");
    const Names columns = older ? Names{"assetId", "deletedAt"} : Names{"assetId", "deletedAt", "isVisible"};
    found_.faces = Table(faces, columns, {"immich_faces_total", "immich_people_total"});
    if (found_.faces.empty()) return;
    found_.visible_face = older ? R"(f."deletedAt" is null)" : R"(f."deletedAt" is null and f."isVisible")";
    found_.people_known = Has(faces, {"personId"}, {"immich_people_total"});
  }

  [[nodiscard]] std::string Choose(const std::string& name, const std::string& older) const {
    return columns_.contains(name) || !columns_.contains(older) ? name : older;
  }

  [[nodiscard]] std::string Quoted(const std::string& table) const { return schema_ + ".\"" + table + "\""; }

  [[nodiscard]] bool Exists(const std::string& table, std::string_view column) const {
    const auto found = columns_.find(table);
    return found != columns_.end() && found->second.contains(std::string(column));
  }

  [[nodiscard]] bool HaveAssets(const std::string& table) const {
    return Exists(table, "assetId") && columns_.at(table).at("assetId").refers_to_asset;
  }

  std::string Table(const std::string& name, const Names& columns, const Names& metrics) {
    return Has(name, columns, metrics) ? Quoted(name) : "";
  }

  // When not, says once what that costs.
  bool Has(const std::string& table, const Names& columns, const Names& metrics) {
    const std::optional<std::string> why = Lack(table, columns);
    if (why) found_.notices.push_back(Listed(metrics) + (metrics.size() == 1 ? " is" : " are") + " left out: " + *why);
    return !why;
  }

  [[nodiscard]] std::optional<std::string> Lack(const std::string& table, const Names& columns) const {
    const auto found = columns_.find(table);
    if (found == columns_.end()) return "there is no table " + Quoted(table) + ", or the schema may not be used";
    for (const std::string_view name : columns) {
      const auto column = found->second.find(std::string(name));
      const std::string full = Quoted(table) + ".\"" + std::string(name) + "\"";
      if (column == found->second.end()) return "there is no column " + full;
      if (!column->second.readable) return "the column " + full + " may not be read; " + kGrants;
    }
    return std::nullopt;
  }

  const DatabaseColumns& columns_;
  const std::string& schema_;
  std::string assets_;
  DatabaseSchema found_;
};

}  // namespace

std::string DatabaseColumnsQuery(const std::string& schema_literal) {
  return R"(select c.relname, a.attname, has_column_privilege(c.oid, a.attnum, 'select'), exists (
  select from pg_catalog.pg_constraint k
  join pg_catalog.pg_class r on r.oid = k.confrelid and r.relnamespace = n.oid and r.relname in ('asset', 'assets')
  join pg_catalog.pg_attribute i on i.attrelid = r.oid and i.attname = 'id'
  where k.conrelid = c.oid and k.contype = 'f' and k.convalidated and k.conkey = array[a.attnum] and k.confkey = array[i.attnum])
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  and a.attname in ('id', 'ownerId', 'type', 'deletedAt', 'visibility', 'isVisible', 'isArchived', 'isExternal', 'assetId',
                    'fileSizeInByte', 'personId')
where n.nspname = )" +
         schema_literal + R"( and has_schema_privilege(n.oid, 'usage') and c.relkind in ('r', 'p', 'v', 'm', 'f')
and c.relname in ('user', 'users', 'asset', 'assets', 'asset_exif', 'exif', 'asset_face', 'asset_faces', 'smart_search'))";
}

DatabaseSchema ReadDatabaseSchema(const DatabaseColumns& columns, const std::string& schema, bool users, bool assets) {
  SchemaReader reader(columns, schema);
  if (users) reader.ReadUsers();
  if (assets) reader.ReadAssets();
  return reader.Take();
}

}  // namespace logmill
