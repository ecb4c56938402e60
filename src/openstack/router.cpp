#include "openstack/router.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"
#include "openstack/programming_error.hpp"

namespace openstack {
namespace {

using Segments = std::vector<std::string_view>;

// "/a//b/" -> {"a", "", "b"}: a trailing slash is tolerated, an empty segment fits nothing.
Segments segments_of(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return {};
  return base::split(path, '/');
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool overlap(const Route& a, const Route& b) {
  return a.method == b.method && a.from <= b.until && b.from <= a.until;
}

}  // namespace

struct Router::Node {
  std::map<std::string, Node, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::vector<const Route*> rows;

  void search(std::string_view method, const Segments& segments, size_t at, Segments& values,
              RouteMatch& match) const;
  void collect(std::string_view method, const Segments& values, RouteMatch& match) const;
};

void Router::Node::collect(std::string_view method, const Segments& values,
                           RouteMatch& match) const {
  const bool fits = match.rows.empty();
  for (const Route* row : rows) {
    if (std::find(match.allowed.begin(), match.allowed.end(), row->method) == match.allowed.end())
      match.allowed.push_back(row->method);
    if (fits && row->method == method) match.rows.push_back(row);
  }
  if (fits && !match.rows.empty()) match.values = values;
}

void Router::Node::search(std::string_view method, const Segments& segments, size_t at,
                          Segments& values, RouteMatch& match) const {
  if (at == segments.size()) return collect(method, values, match);
  if (const auto literal = literals.find(segments[at]); literal != literals.end())
    literal->second.search(method, segments, at + 1, values, match);
  if (!parameter || segments[at].empty() || !match.rows.empty()) return;
  values.push_back(segments[at]);
  parameter->search(method, segments, at + 1, values, match);
  values.pop_back();
}

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::add(const Route& route) {
  Node* node = root_.get();
  for (const std::string_view segment : segments_of(route.path)) {
    if (!is_parameter(segment)) {
      node = &node->literals[std::string(segment)];
      continue;
    }
    if (!node->parameter) node->parameter = std::make_unique<Node>();
    node = node->parameter.get();
  }
  for (const Route* row : node->rows)
    if (overlap(*row, route))
      refuse_table(fmt::format("two routes for {} {}", route.method, route.path));
  node->rows.push_back(&route);
}

RouteMatch Router::find(std::string_view method, std::string_view path) const {
  const Segments segments = segments_of(path);
  RouteMatch match;
  Segments values;
  root_->search(method, segments, 0, values, match);
  if (match.rows.empty() && method == "HEAD" && match.path_known()) return find("GET", path);
  return match;
}

std::vector<std::string_view> parameter_names(std::string_view path) {
  std::vector<std::string_view> names;
  for (const std::string_view segment : segments_of(path))
    if (is_parameter(segment)) names.push_back(segment.substr(1, segment.size() - 2));
  return names;
}

}  // namespace openstack
