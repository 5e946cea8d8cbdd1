#include "collectors/database_queries.h"

namespace logmill {
namespace {

constexpr char kIsKnown[] = "type in ('IMAGE', 'VIDEO', 'AUDIO', 'OTHER')";

std::string CountWhere(const std::string& condition) { return "count(*) filter (where " + condition + ")"; }

// Grouped by owner and type: everything else is summed up from these few rows.
std::string GroupsQuery(const DatabaseSchema& schema) {
  const std::string timeline = schema.asset_types_known() ? schema.timeline : "false";
  std::string query = "select ";
  query += schema.owner_known ? R"(a."ownerId" as owner, )" : "null as owner, ";
  query += std::string(schema.asset_types_known() ? R"(a."type"::text)" : "null") + " as type, ";
  query += CountWhere(timeline) + " as assets, ";
  query += std::string(schema.exif.empty() ? "0" : R"(sum(e."fileSizeInByte"))") + " as bytes, ";
  query += (schema.trash_known ? CountWhere(R"(a."deletedAt" is not null)") : "0") + " as trash, ";
  query += (schema.external_known ? CountWhere(R"(a."deletedAt" is null and a."isExternal")") : "0") + " as external ";
  query += "from " + schema.assets + " a";
  if (!schema.exif.empty()) query += " left join " + schema.exif + R"( e on e."assetId" = a."id" and )" + timeline;
  return query + " group by 1, 2";
}

// Leaves the findings `x` of timeline assets, embeddings of images and videos only. Where every finding has an asset, those that are not on
// the timeline are fewer to compare with.
std::string OnTheTimeline(const DatabaseSchema& schema) {
  const std::string searched = R"(a."type"::text in ('IMAGE', 'VIDEO'))";
  if (!schema.findings_have_assets) {
    return "join " + schema.assets + R"( a on a."id" = x.asset where )" + schema.timeline + " and (x.is_face or " + searched + ")";
  }
  return "where not exists (select from " + schema.assets + R"( a where a."id" = x.asset and (not ()" + schema.timeline +
         ") or not x.is_face and not " + searched + "))";
}

}  // namespace

std::string UsersQuery(const DatabaseSchema& schema) { return "select count(*) from " + schema.users + R"( where "deletedAt" is null)"; }

std::string AssetsQuery(const DatabaseSchema& schema) {
  std::string query = "with groups as materialized (" + GroupsQuery(schema) + ") select 'total', null, case when " + kIsKnown +
                      " then type end, sum(assets), sum(bytes), sum(trash), sum(external) from groups group by 3";
  if (schema.owner_known) {
    query += std::string(" union all (select 'user', left(owner::text, 40), type, assets, bytes, 0, 0 from groups where assets > 0 and ") +
             kIsKnown + " order by assets desc limit " + std::to_string(kMaxUserSeries + 1) + ")";
  }
  return query;
}

std::string FindingsQuery(const DatabaseSchema& schema) {
  const std::string person = schema.people_known ? R"(f."personId")" : "null";
  std::string findings;
  if (!schema.embeddings.empty()) findings = R"(select "assetId" as asset, false as is_face, null as person from )" + schema.embeddings;
  if (!schema.faces.empty()) {
    findings += findings.empty() ? "" : " union all ";
    findings += R"(select f."assetId" as asset, true as is_face, )" + person + " as person from " + schema.faces + " f where " +
                schema.visible_face;
  }
  return "select coalesce(sum(covered), 0), coalesce(sum(faces), 0), count(person) from ("
         "select x.person, count(*) filter (where not x.is_face) as covered, count(*) filter (where x.is_face) as faces from (" +
         findings + ") x " + OnTheTimeline(schema) + " group by 1) people";
}

}  // namespace logmill
