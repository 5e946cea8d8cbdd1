#include "collectors/postgres_page.h"

#include <pqxx/dbtransaction>
#include <pqxx/subtransaction>

namespace logmill {

pqxx::result PostgresPage::Ask(const std::string& sql) {
  pqxx::result answer = transaction_.exec(sql);
  rows_ += answer.size();
  return answer;
}

pqxx::result PostgresPage::AskAside(const std::string& sql) {
  pqxx::subtransaction aside(dynamic_cast<pqxx::dbtransaction&>(transaction_), "aside");
  pqxx::result answer = aside.exec(sql);
  aside.commit();
  rows_ += answer.size();
  return answer;
}

void PostgresPage::Add(PostgresMetric metric, std::initializer_list<std::string_view> labels, const pqxx::row& row, const char* column) {
  const pqxx::field field = row[column];
  if (!field.is_null()) Add(metric, labels, field.as<double>());
}

}  // namespace logmill
