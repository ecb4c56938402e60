// authorization.txt: one line per route, and per action of a server, with what each kind of caller
// gets and a body that is right.
#pragma once

#include <string>
#include <vector>

#include "api_fixtures.hpp"

namespace api_edge {

// For tests that are made once per service.
[[nodiscard]] std::vector<std::string> roles_with_an_api();

// A row of a route table as `nephele routes` shows it.
struct KnownRoute {
  std::string role, method, path, versions;  // versions: "-" for all
  const openstack::Route* route = nullptr;
  [[nodiscard]] std::string key() const {
    return role + " " + method + " " + path + " " + versions;
  }
};
[[nodiscard]] std::vector<KnownRoute> known_routes(const CloudWorld& world);

struct RouteLine {
  std::string role, method, path, versions;
  std::string version;                // to be sent; empty: none
  std::vector<std::string> expected;  // in the order of callers()
  std::string body;
  // The key of the route that it is about: without the fixtures named in the path.
  [[nodiscard]] std::string key() const;
  [[nodiscard]] bool deletes() const {
    return method == "DELETE" || body.starts_with("{\"forceDelete\"");
  }
};
[[nodiscard]] RouteLine parse_route_line(const std::string& line);
[[nodiscard]] std::string to_text(const RouteLine& line);
[[nodiscard]] std::vector<RouteLine> read_route_lines();

// The request of a line, right in all respects.
[[nodiscard]] platform::http::Request request_of(const RouteLine& line, CloudWorld& world,
                                                 ApiFixtures& fixtures);

}  // namespace api_edge
