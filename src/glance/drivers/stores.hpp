// The stores of a glance-api: the one that has no name, or several among which clients may choose.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "glance/drivers/image_store.hpp"

namespace glance::drivers {

struct NamedStore {
  std::string id;  // empty: the only one
  std::string description;
  std::unique_ptr<ImageStore> store;
  std::string type = "file";  // as in enabled_backends
  int64_t weight = 0;         // of two that have an image the greater one is read first
  // Of its options those that administrators see: glance/api/v2/discovery.py. Bytes.
  base::JsonObject properties = {};
  [[nodiscard]] bool is_read_only() const { return type == "http"; }
};

// Immutable, so thread-safe as its stores are.
class Stores {
 public:
  // `all` is not empty and has `default_id`; names are unique.
  Stores(std::vector<NamedStore> all, std::string default_id)
      : all_(std::move(all)), default_id_(std::move(default_id)) {}
  explicit Stores(std::unique_ptr<ImageStore> only);

  // Whether clients see them at all.
  [[nodiscard]] bool have_names() const { return !default_id_.empty(); }
  [[nodiscard]] const std::vector<NamedStore>& all() const { return all_; }
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const std::string& default_id() const { return default_id_; }
  // Throws Error(conflict) for one that is not there.
  [[nodiscard]] ImageStore& get(std::string_view id) const;
  // Zero for one that is not there.
  [[nodiscard]] int64_t weight_of(std::string_view id) const;
  // The one whose location it is; null if it is none's.
  [[nodiscard]] const NamedStore* find_holding(const std::string& location) const;
  // The one that has the bytes at a location. Throws Error(not_found) if none does.
  [[nodiscard]] ImageStore& holding(const std::string& location) const;

 private:
  std::vector<NamedStore> all_;
  std::string default_id_;
};

}  // namespace glance::drivers
