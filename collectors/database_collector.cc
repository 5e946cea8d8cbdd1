#include "collectors/database_collector.h"

#include <prometheus/metric_family.h>

#include <array>
#include <charconv>
#include <map>
#include <pqxx/except>
#include <pqxx/result>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/database_queries.h"
#include "collectors/families.h"

namespace logmill {
namespace {

constexpr std::array<std::string_view, 4> kTypes{"IMAGE", "VIDEO", "AUDIO", "OTHER"};
constexpr std::array<std::string_view, 4> kTypeLabels{"image", "video", "audio", "other"};

// Compiling a query takes longer than it saves. A server that has no statistics, as after a restore, takes a large table for an empty one
// and looks through it once for each asset, for hours.
constexpr char kSettings[] = "set local jit = off; set local enable_nestloop = off; ";

// A numeric of any size, as near as a double comes to it; null is 0.
double NumberOf(const pqxx::field& field) {
  if (field.is_null()) return 0;
  double number = 0;
  const std::string_view text(field.c_str(), field.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) throw pqxx::conversion_error("no number");
  return number;
}

// 8-4-4-4-12 hexadecimal digits.
bool IsUuid(std::string_view text) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != kShape.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (kShape[i] == '-' ? c != '-' : !digit) return false;
  }
  return true;
}

struct OfType {
  double assets = 0;
  double bytes = 0;
};

struct OfUser {
  std::string id;
  size_t type = 0;  // index into kTypes
  OfType numbers;
};

// What AssetsQuery() gave.
struct Assets {
  std::array<OfType, kTypes.size()> types;  // by kTypes
  std::vector<OfUser> users;
  double trash = 0;
  double external = 0;
  double of_unknown_type = 0;
  bool bad_owner = false;
  bool too_many_users = false;
};

void AddTotal(const pqxx::row& row, Assets& assets) {
  assets.trash += NumberOf(row[5]);
  assets.external += NumberOf(row[6]);
  for (size_t type = 0; type < kTypes.size(); ++type) {
    if (kTypes[type] != row[2].c_str()) continue;
    assets.types[type] = {NumberOf(row[3]), NumberOf(row[4])};
    return;
  }
  assets.of_unknown_type += NumberOf(row[3]);
}

void AddUser(const pqxx::row& row, Assets& assets) {
  if (!IsUuid(row[1].c_str())) {
    assets.bad_owner = true;
    return;
  }
  for (size_t type = 0; type < kTypes.size(); ++type) {
    if (kTypes[type] == row[2].c_str()) assets.users.push_back({row[1].c_str(), type, {NumberOf(row[3]), NumberOf(row[4])}});
  }
}

Assets ReadAssets(const pqxx::result& rows) {
  Assets assets;
  int users = 0;
  for (const pqxx::row& row : rows) {
    if (std::string_view(row[0].c_str()) == "total") {
      AddTotal(row, assets);
    } else if (++users > kMaxUserSeries) {
      assets.too_many_users = true;
    } else {
      AddUser(row, assets);
    }
  }
  return assets;
}

// Writes families and notices of one refresh.
class Writer {
 public:
  Writer(Collected& collected, const DatabaseSchema& schema)
      : collected_(collected), families_(collected.families[IndexOf(EndpointOf(Group::kApp))]), schema_(schema) {}

  void WriteUsers(double users) { AddValue(families_, "immich_users_total", "Users that are not deleted.", users); }

  void WriteAssets(const Assets& assets) {
    if (schema_.asset_types_known()) WriteTypes(assets);
    if (schema_.owner_known) WriteOwners(assets);
    if (schema_.trash_known) AddValue(families_, "immich_assets_trash_total", "Assets in the trash.", assets.trash);
    if (schema_.external_known) {
      AddValue(families_, "immich_assets_external_total", "Assets of external libraries, without those in the trash.", assets.external);
    }
  }

  void WriteFindings(const Assets& assets, double covered, double faces, double people) {
    const double eligible = assets.types[0].assets + assets.types[1].assets;
    if (!schema_.embeddings.empty()) {
      AddValue(families_, "immich_search_embedding_coverage_ratio",
               "Share of the timeline's images and videos with a smart-search embedding.", eligible == 0 ? 1 : covered / eligible);
    }
    if (!schema_.faces.empty()) AddValue(families_, "immich_faces_total", "Visible faces on timeline assets.", faces);
    if (schema_.people_known) AddValue(families_, "immich_people_total", "People with a visible face on a timeline asset.", people);
  }

 private:
  void WriteTypes(const Assets& assets) {
    prometheus::MetricFamily& counts = AddFamily(families_, "immich_assets_total", "Timeline assets by type.");
    for (size_t type = 0; type < kTypes.size(); ++type) AddSample(counts, {{"type", kTypeLabels[type]}}, assets.types[type].assets);
    if (assets.of_unknown_type > 0) Notice("immich_assets_total and its like leave out assets of a type that is not known");
    if (schema_.exif.empty()) return;
    prometheus::MetricFamily& bytes = AddFamily(families_, "immich_assets_storage_bytes", "Size of the timeline assets' files by type.");
    for (size_t type = 0; type < kTypes.size(); ++type) AddSample(bytes, {{"type", kTypeLabels[type]}}, assets.types[type].bytes);
  }

  void WriteOwners(const Assets& assets) {
    if (assets.bad_owner) Notice("immich_users_assets_total and immich_users_storage_bytes leave out an owner that is no UUID");
    if (assets.too_many_users) Notice("immich_users_assets_total and immich_users_storage_bytes leave out owners: there are too many");
    if (assets.users.empty()) return;
    prometheus::MetricFamily& counts = AddFamily(families_, "immich_users_assets_total", "Timeline assets by owner and type.");
    for (const OfUser& user : assets.users) {
      AddSample(counts, {{"user_id", user.id}, {"type", kTypeLabels[user.type]}}, user.numbers.assets);
    }
    if (schema_.exif.empty()) return;
    prometheus::MetricFamily& bytes =
        AddFamily(families_, "immich_users_storage_bytes", "Size of the timeline assets' files by owner and type.");
    for (const OfUser& user : assets.users) {
      AddSample(bytes, {{"user_id", user.id}, {"type", kTypeLabels[user.type]}}, user.numbers.bytes);
    }
  }

  void Notice(const char* sentence) { collected_.notices.emplace_back(sentence); }

  Collected& collected_;
  Families& families_;
  const DatabaseSchema& schema_;
};

pqxx::result Rows(pqxx::transaction_base& transaction, const std::string& query, Collected& collected) {
  pqxx::result rows = transaction.exec(query);
  collected.rows += rows.size();
  return rows;
}

Collected AskAll(pqxx::transaction_base& transaction, const DatabaseSchema& schema) {
  Collected collected;
  collected.notices = schema.notices;
  Writer writer(collected, schema);
  if (!schema.users.empty()) writer.WriteUsers(NumberOf(Rows(transaction, UsersQuery(schema), collected).at(0).at(0)));
  if (!schema.asset_types_known() && !schema.trash_known) return collected;
  const Assets assets = ReadAssets(Rows(transaction, AssetsQuery(schema), collected));
  writer.WriteAssets(assets);
  if (schema.embeddings.empty() && schema.faces.empty()) return collected;
  const pqxx::result findings = Rows(transaction, FindingsQuery(schema), collected);
  writer.WriteFindings(assets, NumberOf(findings.at(0).at(0)), NumberOf(findings.at(0).at(1)), NumberOf(findings.at(0).at(2)));
  return collected;
}

bool NamesAreWrong(const pqxx::sql_error& error) {
  return dynamic_cast<const pqxx::undefined_table*>(&error) != nullptr || dynamic_cast<const pqxx::undefined_column*>(&error) != nullptr ||
         dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr;
}

}  // namespace

DatabaseCollector::DatabaseCollector(PostgresOptions options, GroupSet groups, std::string schema)
    : groups_(groups), schema_name_(std::move(schema)), postgres_(std::move(options)) {}

std::expected<Collected, std::string> DatabaseCollector::Collect() {
  auto work = [this](pqxx::transaction_base& transaction) { Ask(transaction); };
  schema_changed_ = false;
  auto read = postgres_.Read(work);
  if (!read && schema_changed_) read = postgres_.Read(work);
  if (!read) return std::unexpected(read.error());
  return last_;
}

void DatabaseCollector::Ask(pqxx::transaction_base& transaction) {
  const std::string snapshot = transaction.exec(std::string(kSettings) + "select txid_current_snapshot()").at(0).at(0).c_str();
  if (connection_ == postgres_.connections() && snapshot == snapshot_) return;
  snapshot_.clear();
  try {
    last_ = AskAll(transaction, LookUpSchema(transaction));
  } catch (const pqxx::sql_error& error) {
    schema_changed_ = NamesAreWrong(error);
    throw;
  }
  connection_ = postgres_.connections();
  snapshot_ = snapshot;
}

DatabaseSchema DatabaseCollector::LookUpSchema(pqxx::transaction_base& transaction) {
  DatabaseColumns columns;
  for (const pqxx::row& row : transaction.exec(DatabaseColumnsQuery(transaction.quote(schema_name_)))) {
    std::map<std::string, DatabaseColumn>& table = columns[row[0].c_str()];
    if (!row[1].is_null()) table[row[1].c_str()] = {row[2].as<bool>(), row[3].as<bool>()};
  }
  return ReadDatabaseSchema(columns, transaction.quote_name(schema_name_), groups_[IndexOf(Group::kApi)], groups_[IndexOf(Group::kApp)]);
}

}  // namespace logmill
