// Rows as structs described with BOOST_DESCRIBE_STRUCT: a member is a column of the same name, and
//   static constexpr std::string_view kTable = "instances";
#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "platform/database/database.hpp"

namespace platform {

namespace detail {
template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
}

// "id, name, ..." in the order of the members.
template <class T>
const std::string& columns() {
  static const std::string text = [] {
    std::string names;
    boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
      if (!names.empty()) names += ", ";
      names += member.name;
    });
    return names;
  }();
  return text;
}

template <class T>
constexpr size_t column_count() {
  return boost::mp11::mp_size<detail::Members<T>>::value;
}

// "i.id, i.name, ...": the columns of one table of several, by its short name in the statement.
template <class T>
std::string columns_of(std::string_view table) {
  std::string names;
  boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
    names.append(names.empty() ? "" : ", ").append(table).append(".").append(member.name);
  });
  return names;
}

// "SELECT <columns> FROM <table> ".
template <class T>
const std::string& select_from() {
  static const std::string text =
      "SELECT " + columns<T>() + " FROM " + std::string(T::kTable) + " ";
  return text;
}

// Columns in the order of the members, starting at `first`. Texts that `value` has already lend
// their memory to the new ones.
template <class T>
void decode_into(T& value, const SqlRow& row, size_t first = 0) {
  size_t column = first;
  boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
    auto& field = value.*member.pointer;
    using Field = std::remove_reference_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, std::string>)
      field.assign(row.text(column++));
    else
      field = row.get<Field>(column++);
  });
}

// The same, as a new value.
template <class T>
T decode(const SqlRow& row, size_t first = 0) {
  T value{};
  decode_into(value, row, first);
  return value;
}

// What gets up to so many rows at a time; they are its own until it returns.
template <class T>
using TakeBatch = std::function<void(std::span<T>)>;

// Rows that are read one batch after the other into the same memory, for lists of any length. Of
// read_in_batches() only.
template <class T>
class Batch {
 public:
  // Where the next row is read to. It holds what an earlier one left there.
  [[nodiscard]] T& next() {
    if (filled_ == rows_.size()) rows_.emplace_back();
    return rows_[filled_];
  }
  // next() is part of the batch.
  void add() {
    if (++filled_ == size_) hand_out();
  }

 private:
  Batch(size_t size, TakeBatch<T> take) : size_(size), take_(std::move(take)) {}
  void hand_out() {
    if (filled_ > 0) take_(std::span(rows_.data(), std::exchange(filled_, 0)));
  }
  template <class Row, class Read>
  friend void read_in_batches(size_t size, TakeBatch<Row> take, Read read);

  size_t size_;
  TakeBatch<T> take_;
  std::vector<T> rows_;
  size_t filled_ = 0;
};

// `read` reads the rows of a query into the Batch<T>& that it gets; `take` gets them all, up to
// `size` at a time.
template <class T, class Read>
void read_in_batches(size_t size, TakeBatch<T> take, Read read) {
  Batch<T> batch(size, std::move(take));
  read(batch);
  batch.hand_out();
}

// Every row of `sql`, whose columns are columns<T>().
template <class T>
std::vector<T> fetch(Session& session, std::string_view sql, const SqlValues& values) {
  std::vector<T> rows;
  session.query(sql, values, [&](const SqlRow& row) { decode_into(rows.emplace_back(), row); });
  return rows;
}

// `tail` is what follows "SELECT ... FROM table ": "WHERE project_id=? ORDER BY ...".
template <class T>
std::vector<T> select(Session& session, std::string_view tail, const SqlValues& values = {}) {
  return fetch<T>(session, select_from<T>() + std::string(tail), values);
}

// The first row, if any.
template <class T>
std::optional<T> find(Session& session, std::string_view tail, const SqlValues& values) {
  auto rows = select<T>(session, tail, values);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

namespace detail {
// "INSERT INTO table (id, name, ...) VALUES (?,?,...)".
template <class T>
std::string write_into(std::string_view verb) {
  std::string marks;
  boost::mp11::mp_for_each<Members<T>>([&](auto) { marks += marks.empty() ? "?" : ",?"; });
  return std::string(verb).append(" INTO ").append(T::kTable).append(" (" + columns<T>() +
                                                                     ") VALUES (" + marks + ")");
}
template <class T>
const std::string& insert_into() {
  static const std::string sql = write_into<T>("INSERT");
  return sql;
}

template <class T>
SqlValues values_of(const T& value) {
  SqlValues values;
  boost::mp11::mp_for_each<Members<T>>(
      [&](auto member) { values.emplace_back(value.*member.pointer); });
  return values;
}
}  // namespace detail

// Inserts all members. If the key exists, base::Error(conflict) is thrown, here or as execute()
// says.
template <class T>
void insert(Session& session, const T& value) {
  session.execute(detail::insert_into<T>(), detail::values_of(value));
}

// The same unless a key exists. False: it does.
template <class T>
bool insert_if_absent(Session& session, const T& value) {
  session.settle();  // the conflict is of this row then
  try {
    session.change(detail::insert_into<T>(), detail::values_of(value));
    return true;
  } catch (const base::Error& error) {
    if (error.detail() != "unique") throw;
    return false;
  }
}

// The same in place of the rows that have one of its keys.
template <class T>
void replace(Session& session, const T& value) {
  static const std::string sql = detail::write_into<T>("REPLACE");
  session.execute(sql, detail::values_of(value));
}

// Writes all members of the row whose first member (the key) equals.
template <class T>
void update(Session& session, const T& value) {
  static const std::string sql = [] {
    std::string sets;
    std::string key;
    boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
      if (key.empty()) {
        key = member.name;
        return;
      }
      sets += (sets.empty() ? "" : ", ") + std::string(member.name) + "=?";
    });
    return "UPDATE " + std::string(T::kTable) + " SET " + sets + " WHERE " + key + "=?";
  }();
  SqlValues values = detail::values_of(value);
  values.push_back(values.front());
  values.erase(values.begin());
  session.execute(sql, values);
}

// Writes the members in which the row differs from `before`, which is how it was read in this
// transaction. For tables with many indexes: those of the other columns are left alone.
template <class T>
void update(Session& session, const T& value, const T& before) {
  std::string sets;
  std::string_view key;
  SqlValues values;
  boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
    if (key.empty()) {
      key = member.name;
      return;
    }
    if (value.*member.pointer == before.*member.pointer) return;
    sets.append(sets.empty() ? "" : ", ").append(member.name).append("=?");
    values.emplace_back(value.*member.pointer);
  });
  if (sets.empty()) return;
  values.emplace_back(value.*boost::mp11::mp_front<detail::Members<T>>::pointer);
  session.execute(
      "UPDATE " + std::string(T::kTable) + " SET " + sets + " WHERE " + std::string(key) + "=?",
      values);
}

// One number, e.g. a COUNT or SUM; 0 for no row or NULL.
inline int64_t number(Session& session, std::string_view sql, const SqlValues& values = {}) {
  int64_t result = 0;
  session.query(sql, values,
                [&](const SqlRow& row) { result = row.is_null(0) ? 0 : row.integer(0); });
  return result;
}

}  // namespace platform
