// The things that routes act on, made through the APIs when a request first needs one: a table of
// text, api_fixtures.txt.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cloud_world.hpp"

namespace api_edge {

// Reads a file beside the tests. Throws if it is not there.
[[nodiscard]] std::string read_test_file(const std::string& name);
// The lines that are neither empty nor a comment.
[[nodiscard]] std::vector<std::string> read_table(const std::string& name);
// Takes the next word off a line.
[[nodiscard]] std::string take_word(std::string& line);

class ApiFixtures {
 public:
  explicit ApiFixtures(CloudWorld& world);

  // Replaces every {name} by the id of that fixture, {unique}, {number} and {octet} by a name
  // or number that was not used before, {project:NAME} and {user:NAME} by ids of the world.
  std::string expand(std::string_view text);
  // The path of a route with its parameters filled in: "/v2.0/networks/{id}" takes the fixture
  // "networks.id", else "id"; "{id=NAME}" names one.
  std::string expand_path(std::string_view path);
  // What a path's parameters stand for is made anew when it is next needed: some of it is gone.
  void forget_path(std::string_view path);
  // The fixture that stands for a parameter, by its place in the path.
  [[nodiscard]] std::string name_for(std::string_view segment_before,
                                     std::string_view parameter) const;
  [[nodiscard]] bool has(const std::string& name) const { return steps_.contains(name); }

 private:
  // One line of the table; a fixture may take several, made in order.
  struct Step {
    std::string caller, role, method, target, id_path, body;
  };
  const std::string& id_of(const std::string& name);
  std::string make(const std::string& name);
  void settle(const std::string& target, const std::string& id);
  void forget(const std::string& name);

  CloudWorld& world_;
  std::map<std::string, std::vector<Step>> steps_;
  std::map<std::string, std::string> made_;
  std::map<std::string, std::set<std::string>> used_by_;  // fixture -> those made with it
  std::vector<std::string> making_;
  int counter_ = 0;
};

}  // namespace api_edge
