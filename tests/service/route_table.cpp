#include "route_table.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace api_edge {
namespace {

std::string versions_of(const openstack::Route& route) {
  const bool from_start = route.from == openstack::Microversion{0, 0};
  const bool to_end = route.until == openstack::Microversion{999, 999};
  if (from_start && to_end) return "-";
  return fmt::format("{}-{}", from_start ? "" : openstack::to_text(route.from),
                     to_end ? "" : openstack::to_text(route.until));
}

// "{id=NAME}" -> "{id}".
std::string without_fixtures(const std::string& path) {
  std::string out;
  bool skip = false;
  for (const char c : path) {
    if (c == '=') skip = true;
    if (c == '}') skip = false;
    if (!skip) out += c;
  }
  return out;
}

}  // namespace

std::vector<std::string> roles_with_an_api() {
  std::vector<std::string> names;
  for (const nephele::RoleEntry& entry : nephele::roles())
    if (entry.port != 0) names.emplace_back(entry.name);
  return names;
}

std::vector<KnownRoute> known_routes(const CloudWorld& world) {
  std::vector<KnownRoute> known;
  for (const std::string& role : world.roles()) {
    const openstack::ApiDefinition& api = world.api(role).definition();
    for (const openstack::Route& route : api.public_routes)
      known.push_back({role, std::string(route.method), std::string(route.path), "-", &route});
    for (const openstack::Route& route : api.routes)
      known.push_back({role, std::string(route.method), api.prefix + std::string(route.path),
                       versions_of(route), &route});
  }
  return known;
}

std::string RouteLine::key() const {
  return role + " " + method + " " + without_fixtures(path) + " " + versions;
}

RouteLine parse_route_line(const std::string& text) {
  std::string rest = text;
  RouteLine line;
  line.role = take_word(rest);
  line.method = take_word(rest);
  line.path = take_word(rest);
  line.versions = take_word(rest);
  if (const size_t at = line.versions.find('@'); at != std::string::npos) {
    line.version = line.versions.substr(at + 1);
    line.versions.erase(at);
  } else if (line.versions != "-") {
    line.version = line.versions.substr(0, line.versions.find('-'));
  }
  for (size_t i = 0; i < callers().size(); ++i) line.expected.push_back(take_word(rest));
  line.body = rest;
  return line;
}

std::string to_text(const RouteLine& line) {
  std::string versions = line.versions;
  const bool own =
      line.versions == "-" ? !line.version.empty() : !line.versions.starts_with(line.version + "-");
  if (own) versions += "@" + line.version;
  std::string text =
      fmt::format("{:<14} {:<6} {:<62} {:<9}", line.role, line.method, line.path, versions);
  for (const std::string& word : line.expected) text += fmt::format(" {:<4}", word);
  text += " " + line.body;
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

std::vector<RouteLine> read_route_lines() {
  std::vector<RouteLine> lines;
  for (const std::string& line : read_table("authorization.txt"))
    lines.push_back(parse_route_line(line));
  return lines;
}

platform::http::Request request_of(const RouteLine& line, CloudWorld& world,
                                   ApiFixtures& fixtures) {
  platform::http::Request request =
      make_request(line.method, fixtures.expand_path(line.path), fixtures.expand(line.body));
  if (!line.version.empty())
    request.headers.set("OpenStack-API-Version",
                        (line.role == "cinder-api" ? "volume " : "compute ") + line.version);
  const bool bytes = line.path.ends_with("/file") || line.path.ends_with("/stage");
  if (bytes && line.method == "PUT")
    request.headers.set("Content-Type", "application/octet-stream");
  if (line.role == "glance-api" && line.method == "PATCH")
    request.headers.set("Content-Type", "application/openstack-images-v2.1-json-patch");
  // A token that is spoken of needs to be there, and may be ended.
  if (line.path == "/v3/auth/tokens" && line.method != "POST")
    request.headers.set(
        "X-Subject-Token",
        world.sign_in("member", R"({"project":{"id":")" + world.project("demo") + R"("}})"));
  return request;
}

}  // namespace api_edge
