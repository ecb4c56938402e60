#include "platform/database/mariadb_statement.hpp"

#include <mysql.h>

#include <charconv>
#include <cstdlib>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/database/mariadb_error.hpp"

namespace platform {
namespace {

enum class Form { integer, real, text };

Form form_of(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      return Form::integer;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      return Form::real;
    default:
      return Form::text;  // DECIMAL too: the SUM of integers is one
  }
}

// What a column of the row is fetched into.
struct Column {
  Form form = Form::text;
  int64_t integer = 0;
  double real = 0;
  std::vector<char> bytes = {};
  unsigned long length = 0;
  my_bool is_null = 0;
  std::string as_text = {};  // of a number, made when asked for
};

}  // namespace

class MariadbStatement::Row final : public SqlRow {
 public:
  explicit Row(const MYSQL_RES& description) {
    columns_.resize(description.field_count);
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i].form = form_of(description.fields[i]);
  }

  // Where the next rows go: `longest` holds the length of the longest text of each column.
  std::vector<MYSQL_BIND> buffers(const MYSQL_RES& longest) {
    std::vector<MYSQL_BIND> binds(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      Column& column = columns_[i];
      MYSQL_BIND& bind = binds[i];
      bind.is_null = &column.is_null;
      bind.length = &column.length;
      if (column.form == Form::integer) {
        bind.buffer_type = MYSQL_TYPE_LONGLONG;
        bind.buffer = &column.integer;
      } else if (column.form == Form::real) {
        bind.buffer_type = MYSQL_TYPE_DOUBLE;
        bind.buffer = &column.real;
      } else {
        column.bytes.resize(longest.fields[i].max_length + 1);
        bind.buffer_type = MYSQL_TYPE_STRING;
        bind.buffer = column.bytes.data();
        bind.buffer_length = column.bytes.size();
      }
    }
    return binds;
  }

  [[nodiscard]] size_t size() const override { return columns_.size(); }
  [[nodiscard]] bool is_null(size_t column) const override {
    return columns_.at(column).is_null != 0;
  }
  [[nodiscard]] int64_t integer(size_t column) const override {
    const Column& value = columns_.at(column);
    if (value.is_null) return 0;
    if (value.form == Form::integer) return value.integer;
    if (value.form == Form::real) return static_cast<int64_t>(value.real);
    return std::strtoll(std::string(text(column)).c_str(), nullptr, 10);
  }
  [[nodiscard]] double real(size_t column) const override {
    const Column& value = columns_.at(column);
    if (value.is_null) return 0;
    if (value.form == Form::integer) return static_cast<double>(value.integer);
    if (value.form == Form::real) return value.real;
    return std::strtod(std::string(text(column)).c_str(), nullptr);
  }
  [[nodiscard]] std::string_view text(size_t column) const override {
    Column& value = columns_.at(column);
    if (value.is_null) return {};
    if (value.form == Form::text) return {value.bytes.data(), value.length};
    std::array<char, 32> digits{};
    const auto end = value.form == Form::integer
                         ? std::to_chars(digits.data(), digits.end(), value.integer)
                         : std::to_chars(digits.data(), digits.end(), value.real);
    value.as_text.assign(digits.data(), end.ptr);
    return value.as_text;
  }

 private:
  mutable std::vector<Column> columns_;  // numbers are spelt out when asked for
};

MariadbStatement::MariadbStatement(st_mysql* connection, std::string_view sql)
    : sql_(sql), handle_(mysql_stmt_init(connection)) {
  if (!handle_) throw_mariadb_error(mysql_errno(connection), mysql_error(connection), sql_);
  const my_bool yes = 1;
  mysql_stmt_attr_set(handle_, STMT_ATTR_UPDATE_MAX_LENGTH, &yes);
  try {
    if (mysql_stmt_prepare(handle_, sql_.data(), sql_.size()) != 0) fail();
    if (MYSQL_RES* description = mysql_stmt_result_metadata(handle_)) {
      row_ = std::make_unique<Row>(*description);
      mysql_free_result(description);
    }
  } catch (...) {
    mysql_stmt_close(handle_);
    throw;
  }
}

MariadbStatement::~MariadbStatement() { mysql_stmt_close(handle_); }

const SqlRow& MariadbStatement::row() const { return *row_; }

int64_t MariadbStatement::changed() const {
  return static_cast<int64_t>(mysql_stmt_affected_rows(handle_));
}

void MariadbStatement::finish() noexcept { mysql_stmt_free_result(handle_); }

void MariadbStatement::execute(const SqlValues& values) {
  bind_and_run(values);
  if (row_) store_rows();
}

void MariadbStatement::send(const SqlValues& values) {
  const auto skip_answers = [this](my_bool skip) {
    mysql_optionsv(handle_->mysql, MARIADB_OPT_SKIP_READ_RESPONSE, &skip);
  };
  skip_answers(1);
  const base::ScopeExit read_them_again([&] { skip_answers(0); });
  bind_and_run(values);
}

void MariadbStatement::receive() {
  if (handle_->mysql == nullptr || handle_->mysql->methods->db_read_execute_response(handle_) != 0)
    fail();
}

void MariadbStatement::bind_and_run(const SqlValues& values) {
  if (mysql_stmt_param_count(handle_) != values.size())
    throw base::Error(base::ErrorKind::internal, "An internal error occurred.",
                      "wrong number of values for: " + sql_);
  std::vector<MYSQL_BIND> binds(values.size());
  std::vector<unsigned long> lengths(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& variant = values[i].get();
    MYSQL_BIND& bind = binds[i];
    if (const auto* text = std::get_if<std::string>(&variant)) {
      lengths[i] = text->size();
      bind.buffer_type = MYSQL_TYPE_STRING;
      bind.buffer = const_cast<char*>(text->data());
      bind.buffer_length = text->size();
      bind.length = &lengths[i];
    } else if (const auto* number = std::get_if<int64_t>(&variant)) {
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = const_cast<int64_t*>(number);
    } else if (const auto* real = std::get_if<double>(&variant)) {
      bind.buffer_type = MYSQL_TYPE_DOUBLE;
      bind.buffer = const_cast<double*>(real);
    } else {
      bind.buffer_type = MYSQL_TYPE_NULL;
    }
  }
  if (!binds.empty() && mysql_stmt_bind_param(handle_, binds.data()) != 0) fail();
  if (mysql_stmt_execute(handle_) != 0) fail();
}

void MariadbStatement::store_rows() {
  if (mysql_stmt_store_result(handle_) != 0) fail();
  MYSQL_RES* longest = mysql_stmt_result_metadata(handle_);
  if (!longest) fail();
  auto binds = row_->buffers(*longest);
  mysql_free_result(longest);
  if (mysql_stmt_bind_result(handle_, binds.data()) != 0) fail();
}

bool MariadbStatement::next() {
  if (!row_) return false;
  const int code = mysql_stmt_fetch(handle_);
  if (code == MYSQL_NO_DATA) return false;
  if (code == 1) fail();
  return true;
}

void MariadbStatement::fail() {
  failed_ = true;
  throw_mariadb_error(mysql_stmt_errno(handle_), mysql_stmt_error(handle_), sql_);
}

}  // namespace platform
