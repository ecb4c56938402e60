// Rows to JSON: an attribute is written unless the caller may not see it or did not ask for it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace neutron::api {

// Which attributes of a resource go out. Every object of an answer writes the same attributes in
// the same order, so each name is looked at only once, for the first object.
class Selection {
 public:
  // `fields`: what was asked for, empty: all. `hidden`: what the caller may not see.
  Selection(std::vector<std::string> fields, std::vector<std::string_view> hidden)
      : fields_(std::move(fields)), hidden_(std::move(hidden)) {}

  void start_object() { position_ = 0; }
  [[nodiscard]] bool shows_next(std::string_view name) {
    if (position_ == shown_.size()) shown_.push_back(static_cast<char>(shows(name)));
    return shown_[position_++] != 0;
  }

 private:
  [[nodiscard]] bool shows(std::string_view name) const {
    if (std::find(hidden_.begin(), hidden_.end(), name) != hidden_.end()) return false;
    return fields_.empty() || std::find(fields_.begin(), fields_.end(), name) != fields_.end();
  }
  std::vector<std::string> fields_;
  std::vector<std::string_view> hidden_;
  std::vector<char> shown_;
  size_t position_ = 0;
};

// Writes one object.
class ObjectView {
 public:
  ObjectView(base::JsonWriter& writer, Selection& selection)
      : writer_(writer), selection_(selection) {
    selection_.start_object();
    writer_.begin_object();
  }
  ~ObjectView() { writer_.end_object(); }
  ObjectView(const ObjectView&) = delete;
  ObjectView& operator=(const ObjectView&) = delete;

  template <class T>
  void field(std::string_view name, const T& value) {
    if (selection_.shows_next(name)) writer_.field(name, value);
  }
  // "" goes out as null.
  void text_or_null(std::string_view name, std::string_view value) {
    if (!selection_.shows_next(name)) return;
    writer_.key(name);
    value.empty() ? writer_.value(nullptr) : writer_.value(value);
  }
  void time(std::string_view name, base::TimePoint value) {
    if (selection_.shows_next(name)) writer_.field(name, base::format_seconds(value));
  }
  // A column that holds JSON.
  void json(std::string_view name, std::string_view text) {
    if (!selection_.shows_next(name)) return;
    writer_.key(name);
    writer_.raw(text);
  }
  // `write` (JsonWriter&) writes the value.
  template <class F>
  void custom(std::string_view name, F write) {
    if (!selection_.shows_next(name)) return;
    writer_.key(name);
    write(writer_);
  }
  // Both names of the owner.
  void project(std::string_view id) {
    field("tenant_id", id);
    field("project_id", id);
  }
  // What every standard resource ends with.
  template <class Row>
  void standard(const Row& row) {
    time("created_at", row.created_at);
    time("updated_at", row.updated_at);
    field("revision_number", row.revision_number);
  }

 private:
  base::JsonWriter& writer_;
  Selection& selection_;
};

}  // namespace neutron::api
