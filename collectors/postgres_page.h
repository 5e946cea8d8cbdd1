// One refresh of the PostgreSQL activity collector, while it is being put together.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <pqxx/result>
#include <pqxx/row>
#include <pqxx/transaction_base>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/family_table.h"
#include "collectors/postgres_activity_metrics.h"

namespace logmill {

class PostgresPage {
 public:
  // `transaction` is one of a database, as all of Postgres::Read() are, and outlives the page.
  explicit PostgresPage(pqxx::transaction_base& transaction) : transaction_(transaction), table_(PostgresMetrics()) {}

  // Asks, and counts the rows of the answer. Throws what libpqxx throws.
  pqxx::result Ask(const std::string& sql);
  // The same in a subtransaction: when the question is refused, further ones can be asked.
  pqxx::result AskAside(const std::string& sql);

  void Add(PostgresMetric metric, std::initializer_list<std::string_view> labels, double value) {
    table_.Add(IndexOf(metric), labels, value);
  }
  // A number in an answer; null adds nothing.
  void Add(PostgresMetric metric, std::initializer_list<std::string_view> labels, const pqxx::row& row, const char* column);
  void Notice(std::string sentence) { notices_.push_back(std::move(sentence)); }

  [[nodiscard]] uint64_t rows() const { return rows_; }
  Families TakeFamilies() { return table_.Take(); }
  std::vector<std::string> TakeNotices() { return std::move(notices_); }

 private:
  pqxx::transaction_base& transaction_;
  FamilyTable table_;
  std::vector<std::string> notices_;
  uint64_t rows_ = 0;
};

}  // namespace logmill
