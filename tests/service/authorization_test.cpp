// Every route of every service against every kind of caller: authorization.txt says who gets in.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "base/text.hpp"
#include "route_table.hpp"

namespace api_edge {
namespace {

// "401", "403", "404", or "ok" for whoever got as far as the resource; what is broken shows as it
// is.
std::string outcome(const platform::http::Response& response) {
  const bool told = response.status == 401 || response.status == 403 || response.status == 404;
  const bool broken = response.status >= 500 && response.status != 501;
  return told || broken ? std::to_string(response.status) : "ok";
}

std::vector<std::string> try_all(const RouteLine& line, CloudWorld& world, ApiFixtures& fixtures) {
  std::vector<std::string> seen;
  for (const CallerName& row : callers()) {
    const auto response = world.send(line.role, request_of(line, world, fixtures), row.caller);
    seen.push_back(outcome(response));
    if (line.deletes() && response.status < 300) fixtures.forget_path(line.path);
  }
  return seen;
}

RouteLine line_for(const KnownRoute& route) {
  return parse_route_line(route.key() + " ? ? ? ? ? ? ? ? ?");
}

class Authorization : public ::testing::TestWithParam<std::string> {};

// A service's lines one after the other, as they stand in the file.
TEST_P(Authorization, every_caller_gets_what_the_table_says) {
  CloudWorld world;
  ApiFixtures fixtures(world);
  for (const RouteLine& line : read_route_lines()) {
    if (line.role != GetParam()) continue;
    RouteLine now = line;
    now.expected = try_all(line, world, fixtures);
    EXPECT_EQ(to_text(line), to_text(now));
  }
}

INSTANTIATE_TEST_SUITE_P(Services, Authorization, ::testing::ValuesIn(roles_with_an_api()),
                         [](const auto& parameter) {
                           return base::replace_all(parameter.param, "-", "_");
                         });

TEST(RouteTable, has_a_line_for_every_route_and_no_other) {
  const CloudWorld world;
  std::set<std::string> lines;
  for (const RouteLine& line : read_route_lines()) lines.insert(line.key());
  std::set<std::string> routes;
  for (const KnownRoute& route : known_routes(world)) {
    routes.insert(route.key());
    EXPECT_TRUE(lines.contains(route.key()))
        << "authorization.txt needs a line like\n"
        << to_text(line_for(route))
        << "\nAdd it, with a body that is right if the route takes one, and let\n"
           "NEPHELE_ACCEPT=1 service_test --gtest_filter='RouteTable.accept*' fill in what "
           "happens; "
           "then judge that.";
  }
  for (const std::string& line : lines)
    EXPECT_TRUE(routes.contains(line)) << "there is no such route any more: " << line;
}

// Writes authorization.txt anew, as things are. For people who then look at the difference.
TEST(RouteTable, accept) {
  if (!std::getenv("NEPHELE_ACCEPT")) GTEST_SKIP() << "only with NEPHELE_ACCEPT";
  std::string text;
  const std::string before = read_test_file("authorization.txt");
  std::unique_ptr<CloudWorld> world;
  std::unique_ptr<ApiFixtures> fixtures;
  std::string role;
  for (const std::string_view raw : base::split(base::trim(before), '\n')) {
    if (raw.empty() || raw.starts_with('#')) {
      text += std::string(raw) + "\n";
      continue;
    }
    RouteLine line = parse_route_line(std::string(raw));
    if (line.role != role) {
      fixtures.reset();
      world.reset();
      world = std::make_unique<CloudWorld>();
      fixtures = std::make_unique<ApiFixtures>(*world);
      role = line.role;
    }
    try {
      line.expected = try_all(line, *world, *fixtures);
    } catch (const std::exception& error) {
      ADD_FAILURE() << raw << ": " << error.what();
    }
    text += to_text(line) + "\n";
  }
  std::ofstream(std::string(NEPHELE_SERVICE_TESTS) + "/authorization.txt") << text;
}

}  // namespace
}  // namespace api_edge
