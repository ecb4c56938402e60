// Nova's microversions: what is different on the two sides of each boundary, as Nova's
// rest_api_version_history.rst has it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "api_fixtures.hpp"
#include "base/text.hpp"

namespace api_edge {
namespace {

// A member of a document and the versions that have it; until 0: to the newest.
struct Member {
  const char* target;
  const char* member;  // "server.flavor.id", "hypervisors.0.cpu_info"
  int from;
  int until;
};

constexpr const char* kServer = "/v2.1/servers/{server_id}";
constexpr const char* kFlavor = "/v2.1/flavors/{flavor_id}";
constexpr const char* kQuotas = "/v2.1/os-quota-sets/{project:demo}";
constexpr const char* kQuotaClass = "/v2.1/os-quota-class-sets/default";
constexpr const char* kGroup = "/v2.1/os-server-groups/{os-server-groups.group_id}";
constexpr const char* kAction = "/v2.1/servers/{server_id}/os-instance-actions/{request_id}";
constexpr std::array kMembers{
    Member{kServer, "server.OS-EXT-SRV-ATTR:hostname", 3, 0},
    Member{kServer, "server.OS-EXT-SRV-ATTR:user_data", 3, 0},
    Member{kServer, "server.OS-EXT-SRV-ATTR:reservation_id", 3, 0},
    Member{kServer, "server.locked", 9, 0},
    Member{kServer, "server.host_status", 16, 0},
    Member{kServer, "server.description", 19, 0},
    Member{kServer, "server.tags", 26, 0},
    Member{kServer, "server.flavor.id", 1, 46},
    Member{kServer, "server.flavor.original_name", 47, 0},
    Member{kServer, "server.flavor.extra_specs", 47, 0},
    Member{kServer, "server.trusted_image_certificates", 63, 0},
    Member{kServer, "server.server_groups", 71, 0},
    Member{kServer, "server.locked_reason", 73, 0},
    Member{kFlavor, "flavor.description", 55, 0},
    Member{kFlavor, "flavor.extra_specs", 61, 0},
    Member{"/v2.1/os-services", "services.0.forced_down", 11, 0},
    Member{"/v2.1/os-aggregates/{aggregate_id}", "aggregate.uuid", 41, 0},
    Member{kGroup, "server_group.project_id", 13, 0},
    Member{kGroup, "server_group.user_id", 13, 0},
    Member{kGroup, "server_group.policies", 1, 63},
    Member{kGroup, "server_group.metadata", 1, 63},
    Member{kGroup, "server_group.policy", 64, 0},
    Member{kGroup, "server_group.rules", 64, 0},
    Member{kQuotas, "quota_set.floating_ips", 1, 35},
    Member{kQuotas, "quota_set.security_groups", 1, 35},
    Member{kQuotas, "quota_set.injected_files", 1, 56},
    Member{kQuotas, "quota_set.server_groups", 1, 0},
    Member{kQuotaClass, "quota_class_set.server_groups", 50, 0},
    Member{kQuotaClass, "quota_class_set.floating_ips", 1, 49},
    Member{kQuotaClass, "quota_class_set.injected_files", 1, 56},
    Member{"/v2.1/limits", "limits.absolute.maxSecurityGroups", 1, 35},
    Member{"/v2.1/limits", "limits.absolute.maxImageMeta", 1, 38},
    Member{"/v2.1/limits", "limits.absolute.maxPersonality", 1, 56},
    Member{kAction, "instanceAction.updated_at", 58, 0},
    Member{"/v2.1/servers/{server_id}/topology", "nodes", 78, 0},
    Member{"/v2.1/os-networks", "networks", 1, 35},
    Member{"/v2.1/os-security-groups", "security_groups", 1, 35},
    Member{"/v2.1/os-hosts", "hosts", 1, 42},
    Member{"/v2.1/os-hypervisors/host-a/search", "hypervisors", 1, 52},
    Member{"/v2.1/servers/{server_id}/tags", "tags", 26, 0},
};

// A request that one side of a boundary takes and the other does not.
struct Attempt {
  int version;
  int status;
  const char* method;
  const char* target;
  const char* body;
};
constexpr const char* kServers = "/v2.1/servers";
constexpr const char* kKeypairs = "/v2.1/os-keypairs";
constexpr const char* kGroups = "/v2.1/os-server-groups";
constexpr const char* kAct = "/v2.1/servers/{server_id}/action";
// What every server needs; %s is where more goes.
#define SERVER(members) \
  R"({"server":{"name":"n","imageRef":"{image_id}","flavorRef":"{flavor_id}")" members "}}"
#define ON_NETWORK R"(,"networks":[{"uuid":"{networks.id}"}])"
#define TAGGED R"(,"networks":[{"uuid":"{networks.id}","tag":"nic"}])"
#define KEY \
  R"("public_key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOwO1/P+WB8w3f52vvgo+UGYV6oVAdJh5+SqMrd7bPqx")"
constexpr Attempt kAttempts[] = {
    {1, 200, "POST", kKeypairs, R"({"keypair":{"name":"{unique}",)" KEY "}}"},
    {1, 400, "POST", kKeypairs, R"({"keypair":{"name":"{unique}","type":"ssh",)" KEY "}}"},
    {2, 201, "POST", kKeypairs, R"({"keypair":{"name":"{unique}","type":"ssh",)" KEY "}}"},
    {9, 400, "POST", kKeypairs,
     R"({"keypair":{"name":"{unique}","user_id":"{user:member}",)" KEY "}}"},
    {10, 201, "POST", kKeypairs,
     R"({"keypair":{"name":"{unique}","user_id":"{user:member}",)" KEY "}}"},
    {1, 202, "DELETE", "/v2.1/os-keypairs/{os-keypairs.name}", ""},
    {2, 204, "DELETE", "/v2.1/os-keypairs/{second_key}", ""},
    {5, 404, "POST", "/v2.1/servers/{server_id}/remote-consoles", R"({"remote_console":{}})"},
    {6, 400, "POST", "/v2.1/servers/{server_id}/remote-consoles", R"({"remote_console":{}})"},
    {6, 404, "POST", kAct, R"({"os-getVNCConsole":{"type":"novnc"}})"},
    {14, 400, "POST", kGroups, R"({"server_group":{"name":"n","policies":["soft-affinity"]}})"},
    {15, 200, "POST", kGroups, R"({"server_group":{"name":"n","policies":["soft-affinity"]}})"},
    {63, 400, "POST", kGroups, R"({"server_group":{"name":"n","policy":"affinity"}})"},
    {64, 200, "POST", kGroups, R"({"server_group":{"name":"n","policy":"affinity"}})"},
    {64, 400, "POST", kGroups, R"({"server_group":{"name":"n","policies":["affinity"]}})"},
    {16, 404, "POST", kAct, R"({"trigger_crash_dump":null})"},
    {17, 501, "POST", kAct, R"({"trigger_crash_dump":null})"},
    {18, 400, "POST", kServers, SERVER(ON_NETWORK R"(,"description":"d")")},
    {19, 202, "POST", kServers, SERVER(ON_NETWORK R"(,"description":"d")")},
    {18, 400, "PUT", kServer, R"({"server":{"description":"d"}})"},
    {19, 200, "PUT", kServer, R"({"server":{"description":"d"}})"},
    {25, 404, "PUT", "/v2.1/servers/{server_id}/tags/t", ""},
    {26, 201, "PUT", "/v2.1/servers/{server_id}/tags/t", ""},
    {31, 400, "POST", kServers, SERVER(TAGGED)},
    {32, 202, "POST", kServers, SERVER(TAGGED)},
    {37, 400, "POST", kServers, SERVER(TAGGED)},
    {41, 400, "POST", kServers, SERVER(TAGGED)},
    {42, 202, "POST", kServers, SERVER(TAGGED)},
    {36, 202, "POST", kServers, SERVER(ON_NETWORK)},
    {36, 400, "POST", kServers, SERVER(R"(,"networks":"none")")},
    {37, 202, "POST", kServers, SERVER(R"(,"networks":"none")")},
    {37, 400, "POST", kServers, SERVER("")},
    {43, 404, "GET", "/v2.1/os-hosts/host-a", ""},
    {44, 404, "POST", kAct, R"({"addFixedIp":{"networkId":"{networks.id}"}})"},
    {51, 400, "POST", kServers, SERVER(ON_NETWORK R"(,"tags":["blue"])")},
    {52, 202, "POST", kServers, SERVER(ON_NETWORK R"(,"tags":["blue"])")},
    {54, 400, "POST", "/v2.1/flavors",
     R"({"flavor":{"name":"{unique}","ram":1,"vcpus":1,"disk":0,"description":"d"}})"},
    {55, 200, "POST", "/v2.1/flavors",
     R"({"flavor":{"name":"{unique}","ram":1,"vcpus":1,"disk":0,"description":"d"}})"},
    {54, 404, "PUT", kFlavor, R"({"flavor":{"description":"d"}})"},
    {55, 200, "PUT", kFlavor, R"({"flavor":{"description":"d"}})"},
    {35, 200, "PUT", kQuotas, R"({"quota_set":{"security_groups":5}})"},
    {36, 400, "PUT", kQuotas, R"({"quota_set":{"security_groups":5}})"},
    {56, 200, "PUT", kQuotas, R"({"quota_set":{"injected_files":5}})"},
    {57, 400, "PUT", kQuotas, R"({"quota_set":{"injected_files":5}})"},
    {52, 200, "PUT", "/v2.1/os-services/disable", R"({"host":"host-a","binary":"nova-compute"})"},
    {53, 400, "PUT", "/v2.1/os-services/disable", R"({"host":"host-a","binary":"nova-compute"})"},
    {62, 400, "POST", kServers, SERVER(ON_NETWORK R"(,"trusted_image_certificates":null)")},
    {63, 202, "POST", kServers, SERVER(ON_NETWORK R"(,"trusted_image_certificates":null)")},
    {72, 202, "POST", kAct, R"({"lock":null})"},
    {73, 202, "POST", kAct, R"({"lock":{"locked_reason":"mine"}})"},
    {73, 400, "POST", kAct, R"({"lock":{"reason":"mine"}})"},
    {73, 400, "POST", kServers, SERVER(ON_NETWORK R"(,"host":"host-a")")},
    {74, 403, "POST", kServers, SERVER(ON_NETWORK R"(,"host":"host-a")")},
    {37, 200, "GET", "/v2.1/servers?status=nonsense", ""},
    {38, 400, "GET", "/v2.1/servers?status=nonsense", ""},
    {65, 200, "GET", "/v2.1/servers?changes-before=yesterday", ""},
    {66, 400, "GET", "/v2.1/servers?changes-before=yesterday", ""},
    {65, 400, "GET", "/v2.1/servers/{server_id}/os-instance-actions?changes-before=2099-01-01", ""},
    {66, 200, "GET", "/v2.1/servers/{server_id}/os-instance-actions?changes-before=2099-01-01", ""},
    {57, 200, "GET", "/v2.1/servers/{server_id}/os-instance-actions?surprise=1", ""},
    {58, 400, "GET", "/v2.1/servers/{server_id}/os-instance-actions?surprise=1", ""},
    {52, 200, "GET", "/v2.1/os-hypervisors?surprise=1", ""},
    {53, 400, "GET", "/v2.1/os-hypervisors?surprise=1", ""},
    {74, 200, "GET", "/v2.1/servers?surprise=1", ""},
    {75, 400, "GET", "/v2.1/servers?surprise=1", ""},
    {74, 200, "GET", "/v2.1/flavors?surprise=1", ""},
    {75, 400, "GET", "/v2.1/flavors?surprise=1", ""},
    {74, 200, "GET", "/v2.1/os-server-groups?surprise=1", ""},
    {75, 400, "GET", "/v2.1/os-server-groups?surprise=1", ""},
    {74, 200, "GET", "/v2.1/os-services?surprise=1", ""},
    {75, 400, "GET", "/v2.1/os-services?surprise=1", ""},
    {74, 200, "GET", "/v2.1/limits?surprise=1", ""},
    {75, 400, "GET", "/v2.1/limits?surprise=1", ""},
};
#undef SERVER
#undef ON_NETWORK
#undef TAGGED
#undef KEY

class Microversions : public ::testing::Test {
 protected:
  // What is the member's own to make and to delete; the rest is for administrators to see.
  static Caller caller_for(std::string_view method, std::string_view target) {
    const bool own = (method == "POST" && target == kServers) || method == "DELETE";
    return own ? Caller::member : Caller::admin;
  }
  platform::http::Response at(int minor, const char* method, const std::string& target,
                              const std::string& body = "") {
    auto request = make_request(method, fixtures_.expand(target), fixtures_.expand(body));
    request.headers.set("OpenStack-API-Version", fmt::format("compute 2.{}", minor));
    return world_.send("nova-api", request, caller_for(method, target));
  }
  // The member of the document in that version, or nothing.
  std::optional<base::Json> member(int minor, const char* target, const char* path) {
    const auto response = at(minor, "GET", target);
    if (response.status != 200) return std::nullopt;
    base::Json value = base::parse_json(response.body);
    for (const std::string_view step : base::split(path, '.')) {
      const base::Json* next =
          value.is_array() ? &value.get_array().at(static_cast<size_t>(*base::parse_integer(step)))
                           : base::find(value, step);
      if (!next) return std::nullopt;
      value = base::Json(*next);
    }
    return value;
  }
  [[nodiscard]] int newest() const {
    return world_.api("nova-api").definition().microversions->max.minor;
  }

  CloudWorld world_;
  ApiFixtures fixtures_{world_};
};

TEST_F(Microversions, documents_have_what_belongs_to_their_version) {
  for (const Member& row : kMembers) {
    EXPECT_TRUE(member(row.from, row.target, row.member)) << row.member << " in 2." << row.from;
    if (row.from > 1) {
      EXPECT_FALSE(member(row.from - 1, row.target, row.member))
          << row.member << " in 2." << row.from - 1;
    }
    if (row.until == 0) {
      EXPECT_TRUE(member(newest(), row.target, row.member)) << row.member << " in the newest";
      continue;
    }
    EXPECT_TRUE(member(row.until, row.target, row.member)) << row.member << " in 2." << row.until;
    EXPECT_FALSE(member(row.until + 1, row.target, row.member))
        << row.member << " in 2." << row.until + 1;
  }
}

TEST_F(Microversions, requests_are_taken_from_their_version_on) {
  for (const Attempt& row : kAttempts) {
    const auto response = at(row.version, row.method, row.target, row.body);
    EXPECT_EQ(response.status, row.status)
        << row.method << " " << row.target << " in 2." << row.version << " " << row.body << "\n"
        << response.body;
  }
}

TEST_F(Microversions, ids_of_hosts_become_uuids) {
  for (const char* list : {"hypervisors.0.id", "services.0.id"}) {
    const char* target = list[0] == 'h' ? "/v2.1/os-hypervisors" : "/v2.1/os-services";
    EXPECT_TRUE(member(52, target, list)->is_int64()) << list;
    EXPECT_TRUE(member(53, target, list)->is_string()) << list;
  }
  EXPECT_TRUE(member(27, "/v2.1/os-hypervisors/detail", "hypervisors.0.cpu_info")->is_string());
  EXPECT_TRUE(member(28, "/v2.1/os-hypervisors/detail", "hypervisors.0.cpu_info")->is_object());
}

TEST_F(Microversions, no_swap_is_text_before_it_is_zero) {
  EXPECT_EQ(*member(74, kFlavor, "flavor.swap"), base::Json(""));
  EXPECT_EQ(*member(75, kFlavor, "flavor.swap"), base::Json(0));
}

TEST_F(Microversions, all_documents_of_a_server_are_alike_from_2_75_on) {
  const auto members_of = [](const platform::http::Response& response) {
    std::set<std::string> names;
    const base::Json body = base::parse_json(response.body);
    for (const auto& [key, value] : base::find(body, "server")->as_object()) names.emplace(key);
    return names;
  };
  const auto put = [&](int minor) {
    return members_of(at(minor, "PUT", kServer, R"({"server":{"name":"again"}})"));
  };
  EXPECT_NE(put(74), members_of(at(74, "GET", kServer)));
  EXPECT_EQ(put(75), members_of(at(75, "GET", kServer)));
}

TEST_F(Microversions, every_answer_says_which_version_it_is_of) {
  const auto response = at(42, "GET", kServers);
  EXPECT_EQ(response.headers.value("OpenStack-API-Version"), "compute 2.42");
  EXPECT_EQ(response.headers.value("X-OpenStack-Nova-API-Version"), "2.42");
  EXPECT_EQ(at(newest() + 1, "GET", kServers).status, 406);
}

}  // namespace
}  // namespace api_edge
