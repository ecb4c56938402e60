// What belongs to one project is in no list that a member of another gets, whatever is asked for.
// That it can not be reached by its id either, authorization.txt says (column "foreign").
#include <gtest/gtest.h>

#include <array>

#include "route_table.hpp"

namespace api_edge {
namespace {

struct Owned {
  std::string fixture;
  std::string id;
};

// Things of the member's, or of its project's, one of each kind.
std::vector<Owned> make_one_of_each(ApiFixtures& fixtures) {
  std::vector<Owned> owned;
  for (const char* name :
       {"server_id", "os-keypairs.name", "os-server-groups.group_id", "image_queued", "networks.id",
        "subnets.id", "ports.id", "security-groups.id", "security-group-rules.id", "subnetpools.id",
        "address-scopes.id", "volume_group", "group_snapshot_id", "credentials.credential_id",
        "application_credentials.credential_id"})
    owned.push_back({name, fixtures.expand("{" + std::string(name) + "}")});
  return owned;
}

TEST(Isolation, no_list_tells_another_project_what_there_is) {
  CloudWorld world;
  ApiFixtures fixtures(world);
  const std::vector<Owned> owned = make_one_of_each(fixtures);
  const std::string demo = world.project("demo");
  const std::array<std::string, 6> queries{"",
                                           "all_tenants=1",
                                           "project_id=" + demo,
                                           "tenant_id=" + demo,
                                           "owner=" + demo + "&visibility=all&member_status=all",
                                           "user_id=" + world.user("member") + "&limit=1000"};
  for (const RouteLine& line : read_route_lines()) {
    if (line.method != "GET" || line.path.find('{') != std::string::npos) continue;
    for (const std::string& query : queries) {
      auto request = request_of(line, world, fixtures);
      request.query_text = query;
      const auto response = world.send(line.role, request, Caller::foreign);
      for (const Owned& thing : owned)
        EXPECT_EQ(response.body.find(thing.id), std::string::npos)
            << thing.fixture << " is told by " << line.path << "?" << query;
    }
  }
}

// The test above would pass over empty answers.
TEST(Isolation, the_owner_sees_each_of_them) {
  CloudWorld world;
  ApiFixtures fixtures(world);
  const std::vector<Owned> owned = make_one_of_each(fixtures);
  std::string everything;
  for (const RouteLine& line : read_route_lines())
    if (line.method == "GET" && line.path.find('{') == std::string::npos)
      everything += world.send(line.role, request_of(line, world, fixtures), Caller::member).body;
  everything += world
                    .send("keystone",
                          make_request("GET", "/v3/users/" + world.user("member") +
                                                  "/application_credentials"),
                          Caller::member)
                    .body;
  for (const Owned& thing : owned)
    EXPECT_NE(everything.find(thing.id), std::string::npos) << thing.fixture;
}

}  // namespace
}  // namespace api_edge
