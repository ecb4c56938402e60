// The JSON schema of a resource: the one source of its document below /v2/schemas and of what is
// accepted from clients.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "openstack/schema.hpp"

namespace glance::api {

// Immutable and thread-safe.
class ResourceSchema {
 public:
  // JSON texts of ours: malformed ones abort at start. `required` is a list, `definitions` an
  // object or empty.
  struct Source {
    std::string name;
    std::string properties;
    std::string required = "[]";
    std::string definitions = "{}";
  };
  explicit ResourceSchema(Source source);

  // Throws Error(bad_request) for a body that does not fit.
  void validate(const base::Json& body) const;

  // What GET /v2/schemas/... answers for one, and for a list of them under the member `name`.
  [[nodiscard]] std::string document() const;
  [[nodiscard]] std::string list_document(std::string_view name) const;
  // For an object of them, by name.
  [[nodiscard]] std::string map_document(std::string_view name) const;

 private:
  [[nodiscard]] std::string collection(std::string_view name, std::string_view type,
                                       std::string_view items_keyword) const;

  Source source_;
  openstack::Schema validation_;
};

}  // namespace glance::api
