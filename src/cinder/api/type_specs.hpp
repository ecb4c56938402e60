// The specs of a type, the same for types of volumes and of groups: what it asks of back ends.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cinder/api/common.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {

// One without a value is null; types of groups alone have such.
using Specs = std::map<std::string, std::optional<std::string>>;

// Of JSON, as a type's row has them, and the other way round.
[[nodiscard]] Specs parse_specs(const std::string& json);
[[nodiscard]] std::string text_of_specs(const Specs& specs);

// What bodies may say: all specs under the key `member`, of that schema, or one of them.
struct SpecBodies {
  SpecBodies(std::string_view its_member, std::string_view specs_schema);
  std::string_view member;
  openstack::Schema all;
  openstack::Schema one;
};

// What the handlers need to know of a kind of types.
struct SpecsOf {
  std::string_view collection;  // path
  std::string_view item;        // path, which ends with {key}
  const SpecBodies& bodies;     // outlives the routes
  struct {
    std::string_view list, create, show, update, remove;
  } policies;
  Microversion since = {};
  int created = 200;          // the status of the answer to POST
  std::string_view mismatch;  // what is said of a body that has another key than the path
  // What is said if the type has no spec of the path's key.
  std::function<std::string(const ApiRequest&)> missing;
  // Those that the caller may see.
  std::function<Specs(const ApiRequest&)> read;
  // Lets `alter` change them in one transaction.
  std::function<void(const ApiRequest&, const std::function<void(Specs&)>& alter)> change;
};
[[nodiscard]] openstack::Routes spec_routes(const SpecsOf& types);

}  // namespace cinder::api
