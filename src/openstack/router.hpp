// Finds the rows of a route table for a path: a tree of path segments.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "openstack/api.hpp"

namespace openstack {

// The rows of the paths that fit, most specific path first, and the undecoded parameter values of
// each.
struct RouteMatch {
  std::vector<const Route*> rows;         // of the request's method, in all versions
  std::vector<std::string_view> values;   // of the parameters of `rows`, in path order
  std::vector<std::string_view> allowed;  // methods of all paths that fit
  [[nodiscard]] bool path_known() const { return !allowed.empty(); }
};

// Immutable once filled; thread-safe.
class Router {
 public:
  Router();
  ~Router();
  // `route` outlives the router. Aborts if it overlaps an earlier one.
  void add(const Route& route);
  // `path` without query, with or without a trailing slash. HEAD finds GET rows where there are no
  // HEAD rows. A literal segment is preferred to a parameter.
  [[nodiscard]] RouteMatch find(std::string_view method, std::string_view path) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

// The names of the parameters in a route's path, in order.
[[nodiscard]] std::vector<std::string_view> parameter_names(std::string_view path);

}  // namespace openstack
