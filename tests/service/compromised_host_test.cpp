// What somebody who has the credentials of one host learns or changes of another host's things by
// the message bus: nothing. Every message that any role accepts is tried; a new one is tried, too,
// and fails EveryMessageThatHostsMaySend until this file says how it speaks of another host.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "cloud_world.hpp"
#include "neutron/messages.hpp"
#include "nova/messages.hpp"
#include "service_database.hpp"

namespace api_edge {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using platform::Senders;

constexpr const char* kVictim = "host-a";
constexpr const char* kAttacker = "host-b";
const std::string kUserData = "c2VjcmV0IG9mIHRoZSB2aWN0aW0=";

// What belongs to host-a.
struct Victim {
  std::string server_id;
  std::string operation_id;
  std::string port_id;
  std::string network_id;
  std::string ip_address;
};

class CompromisedHost : public testing::Test {
 protected:
  void SetUp() override {
    make_hosts();
    make_network();
    make_server();
    wait_until_all_is_sent();
    // Another host that is honest, and no more: what its roles accept is tried as well.
    world_.start_compute("host-c");
  }

  void make_hosts() {
    neutron::ReportAgentState agent;
    agent.host = kVictim;
    agent.binary = "neutron-linuxbridge-agent";
    agent.agent_type = neutron::kLinuxBridgeAgentType;
    agent.configurations =
        JsonObject{{"tunnel_types", JsonArray{"vxlan"}}, {"tunneling_ip", "192.0.2.1"}};
    (void)send(neutron::kPluginTopic, neutron::ReportAgentState::kType, base::to_json(agent), "");
    world_.must("nova-api", make_request("PUT", "/v2.1/os-services/enable",
                                         R"({"host":"host-a","binary":"nova-compute"})"));
  }

  void make_network() {
    victim_.network_id =
        make("neutron-server", "/v2.0/networks", R"({"network":{"name":"n"}})", {"network", "id"});
    make("neutron-server", "/v2.0/subnets",
         R"({"subnet":{"network_id":")" + victim_.network_id +
             R"(","cidr":"10.9.8.0/24","ip_version":4}})",
         {"subnet", "id"});
    (void)send(neutron::kPluginTopic, neutron::GetDhcpNetworks::kType,
               JsonObject{{"host", kVictim}}, "");
  }

  // On host-a, in an operation: nobody builds it.
  void make_server() {
    const std::string flavor =
        make("nova-api", "/v2.1/flavors", R"({"flavor":{"name":"f","ram":64,"vcpus":1,"disk":1}})",
             {"flavor", "id"}, Caller::admin);
    const std::string image =
        make("glance-api", "/v2/images",
             R"({"name":"i","disk_format":"raw","container_format":"bare"})", {"id"});
    auto upload = make_request("PUT", "/v2/images/" + image + "/file", "not a real disk");
    upload.headers.set("Content-Type", "application/octet-stream");
    world_.must("glance-api", std::move(upload), Caller::member);
    victim_.server_id = make("nova-api", "/v2.1/servers",
                             R"({"server":{"name":"victim","imageRef":")" + image +
                                 R"(","flavorRef":")" + flavor + R"(","networks":[{"uuid":")" +
                                 victim_.network_id + R"("}],"user_data":")" + kUserData + R"("}})",
                             {"server", "id"});
    for (int i = 0; i < 1000 && victim_.operation_id.empty(); ++i) {
      platform::system_executor().sleep_for(std::chrono::milliseconds{10});
      world_.database("nova").read([&](platform::Session& session) {
        session.query("SELECT operation_id FROM instances WHERE id=? AND host=?",
                      {victim_.server_id, std::string(kVictim)}, [&](const platform::SqlRow& row) {
                        victim_.operation_id = std::string(row.text(0));
                      });
      });
    }
    ASSERT_FALSE(victim_.operation_id.empty()) << "the server did not get to host-a";
    const Json port = world_.must(
        "neutron-server",
        make_request("POST", "/v2.0/ports",
                     R"({"port":{"network_id":")" + victim_.network_id + R"(","device_id":")" +
                         victim_.server_id +
                         R"(","device_owner":"compute:nova","binding:host_id":"host-a"}})"));
    const Json& made = *base::find(port, "port");
    victim_.port_id = base::text_or(made, "id");
    victim_.ip_address =
        base::text_or(base::find(made, "fixed_ips")->as_array().at(0), "ip_address");
    (void)send(nova::kConductorTopic, nova::SaveSaga::kType, saga_of(kVictim), "");
  }

  // What the control plane has told itself leaves the outbox in its own time, and would look like
  // something that was changed. What it told host-a stays there: nobody listens.
  void wait_until_all_is_sent() {
    const auto is_on_its_way = [](const std::string& row) {
      return row.starts_with("outbox|") && row.find("|compute.host-a|") == std::string::npos;
    };
    for (int i = 0; i < 1000 && std::ranges::any_of(rows_of_victim(), is_on_its_way); ++i)
      platform::system_executor().sleep_for(std::chrono::milliseconds{10});
  }

  std::string make(const std::string& role, const std::string& path, const std::string& body,
                   const std::vector<std::string>& steps, Caller caller = Caller::member) {
    const Json answer = world_.must(role, make_request("POST", path, body), caller);
    const Json* value = &answer;
    for (const std::string& step : steps) value = base::find(*value, step);
    return std::string(value->as_string());
  }

  // As the user of a broker ("": as the control plane). The answer's text.
  std::string send(std::string_view topic, std::string_view type, Json body,
                   const std::string& user) {
    platform::Message message{"m", std::string(type), 1, "req-test", nullptr, std::move(body)};
    if (!user.empty()) message.sender = platform::sender_of_user(user);
    return base::to_text(
        world_.bus().call(std::string(topic), std::move(message), std::chrono::seconds{10}));
  }

  Json saga_of(const std::string& host) const {
    nova::SaveSaga saga;
    saga.host = host;
    saga.progress.operation_id = victim_.operation_id;
    return base::to_json(saga);
  }

  // The body of a message that speaks of host-a's things, as the named host.
  std::optional<Json> body_about_victim(const std::string& type, const std::string& host) const {
    const auto of_server = [&](JsonObject more) {
      more["host"] = host;
      more["server_id"] = victim_.server_id;
      more["operation_id"] = victim_.operation_id;
      return Json(std::move(more));
    };
    const auto of_ports = [&] {
      return Json(JsonObject{{"host", host}, {"port_ids", JsonArray{Json(victim_.port_id)}}});
    };
    const std::map<std::string, std::function<Json()>> bodies{
        {"GetServer", [&] { return of_server({}); }},
        {"ListServersOfHost", [&] { return of_server({}); }},
        {"ReportServer",
         [&] {
           return of_server(
               {{"vm_state", "error"}, {"finished", true}, {"fault_message", "mine now"}});
         }},
        {"ReportVolume",
         [&] { return of_server({{"server_volume_id", "link-1"}, {"problem", "mine now"}}); }},
        {"ReportExtension", [&] { return of_server({{"problem", "mine now"}}); }},
        {"BuildFailed", [&] { return of_server({{"reason", "mine now"}}); }},
        {"ServerTerminated", [&] { return of_server({}); }},
        {"BeginOperation", [&] { return of_server({}); }},
        {"SaveSaga", [&] { return saga_of(host); }},
        {"ReportHost",
         [&] {
           return Json(JsonObject{
               {"host", host}, {"hypervisor_hostname", kVictim}, {"problem", "mine now"}});
         }},
        {"ReportAgentState",
         [&] {
           return Json(JsonObject{{"host", host},
                                  {"binary", "neutron-linuxbridge-agent"},
                                  {"agent_type", std::string(neutron::kLinuxBridgeAgentType)},
                                  {"configurations", JsonObject{{"tunneling_ip", "192.0.2.1"}}}});
         }},
        {"GetHostNetworks", [&] { return Json(JsonObject{{"host", host}}); }},
        {"GetDhcpNetworks", [&] { return Json(JsonObject{{"host", host}}); }},
        {"PortsUp", of_ports},
        {"PortsDown", of_ports},
        {"GetMetadataPort",
         [&] {
           return Json(JsonObject{{"host", host},
                                  {"network_id", victim_.network_id},
                                  {"ip_address", victim_.ip_address}});
         }},
    };
    const auto found = bodies.find(type);
    if (found == bodies.end()) return std::nullopt;
    return found->second();
  }

  [[nodiscard]] bool tells_of_victim(const std::string& text) const {
    for (const std::string& secret : {victim_.server_id, victim_.port_id, victim_.network_id,
                                      victim_.operation_id, victim_.ip_address, kUserData})
      if (text.find(secret) != std::string::npos) return true;
    return text.find(kVictim) != std::string::npos;
  }

  // Every row of every table that says something of host-a's things.
  std::set<std::string> rows_of_victim() {
    std::set<std::string> rows;
    for (const nephele::ServiceEntry& service : nephele::services())
      service_database::beneath(world_.database(service.name))
          .read([&](platform::Session& session) {
            for (const std::string& table : service_database::list_tables(session))
              session.query("SELECT * FROM " + table, {}, [&](const platform::SqlRow& row) {
                std::string text = table;
                for (size_t i = 0; i < row.size(); ++i)
                  text += "|" + (row.is_null(i) ? std::string("-") : std::string(row.text(i)));
                if (tells_of_victim(text)) rows.insert(text);
              });
          });
    return rows;
  }

  struct Kind {
    std::string topic;
    platform::Dispatcher::Accepted accepted;
  };
  std::vector<Kind> list_kinds() {
    std::vector<Kind> kinds;
    for (const Listening& listening : world_.bus().list())
      for (const auto& accepted :
           listening.accepted.value_or(std::vector<platform::Dispatcher::Accepted>{}))
        kinds.push_back({listening.topic, accepted});
    return kinds;
  }

  // Whether it is refused because of who sent it.
  bool is_refused(const Kind& kind, const Json& body, const std::string& user) {
    try {
      (void)send(kind.topic, kind.accepted.type, body, user);
    } catch (const base::Error& error) {
      return platform::is_refusal_of_sender(error);
    }
    return false;
  }

  CloudWorld world_;
  Victim victim_;
};

const std::vector<std::string> kAttackers{std::string("compute-") + kAttacker,
                                          std::string("network-") + kAttacker};

TEST_F(CompromisedHost, EveryMessageOfTheControlPlaneIsRefusedFromHosts) {
  size_t tried = 0;
  const auto before = rows_of_victim();
  for (const Kind& kind : list_kinds())
    for (const std::string& user : kAttackers) {
      if (platform::may_send(platform::sender_of_user(user), kind.accepted.senders)) continue;
      ++tried;
      for (const char* host : {kVictim, kAttacker})
        EXPECT_TRUE(is_refused(
            kind,
            body_about_victim(kind.accepted.type, host)
                .value_or(JsonObject{
                    {"host", host}, {"server_id", victim_.server_id}, {"id", victim_.server_id}}),
            user))
            << kind.accepted.type << " to " << kind.topic << " from " << user;
    }
  // Of nova, neutron and glance, of every role that listens: more than a few.
  EXPECT_GT(tried, 60U);
  EXPECT_EQ(rows_of_victim(), before);
}

TEST_F(CompromisedHost, EveryMessageThatHostsMaySendSpeaksOfTheirOwnOnly) {
  size_t tried = 0;
  const auto before = rows_of_victim();
  ASSERT_GT(before.size(), 5U);
  for (const Kind& kind : list_kinds())
    for (const std::string& user : kAttackers) {
      const std::string& type = kind.accepted.type;
      if (!platform::may_send(platform::sender_of_user(user), kind.accepted.senders)) continue;
      ++tried;
      const auto in_anothers_name = body_about_victim(type, kVictim);
      ASSERT_TRUE(in_anothers_name)
          << type << " is new: add to body_about_victim() how it speaks of another host's things";
      EXPECT_TRUE(is_refused(kind, *in_anothers_name, user)) << type << " from " << user;
      std::string told;
      try {
        told = send(kind.topic, type, *body_about_victim(type, kAttacker), user);
      } catch (const base::Error& error) {
        told = error.message() == "Operation " + victim_.operation_id + " belongs to another host."
                   ? ""
                   : error.message();
      }
      EXPECT_FALSE(tells_of_victim(told)) << type << " tells " << user << ": " << told;
      EXPECT_EQ(rows_of_victim(), before) << type << " from " << user << " changed something";
    }
  EXPECT_GE(tried, 18U);
}

// The two tests above would pass over messages that tell nothing to anybody.
TEST_F(CompromisedHost, TheHostItselfIsToldAndMayChange) {
  const std::string user = std::string("compute-") + kVictim;
  const auto ask = [&](std::string_view topic, const char* type) {
    return send(topic, type, *body_about_victim(type, kVictim), user);
  };
  for (const char* type : {"GetServer", "ListServersOfHost", "BeginOperation"})
    EXPECT_TRUE(tells_of_victim(ask(nova::kConductorTopic, type))) << type;
  EXPECT_TRUE(tells_of_victim(ask(neutron::kPluginTopic, "GetHostNetworks")));
  const auto before = rows_of_victim();
  EXPECT_EQ(ask(nova::kConductorTopic, "ReportServer"), R"({"changed":true})");
  EXPECT_NE(rows_of_victim(), before);
  for (const char* type : {"GetDhcpNetworks", "GetMetadataPort"})
    EXPECT_TRUE(tells_of_victim(send(neutron::kPluginTopic, type, *body_about_victim(type, kVictim),
                                     std::string("network-") + kVictim)))
        << type;
}

// With a DHCP agent it would be told the ports of whole networks.
TEST_F(CompromisedHost, AComputeHostCanNotBecomeADhcpAgent) {
  const Json body(JsonObject{{"host", kAttacker},
                             {"binary", "neutron-dhcp-agent"},
                             {"agent_type", std::string(neutron::kDhcpAgentType)},
                             {"configurations", JsonObject{}}});
  const Kind kind{std::string(neutron::kPluginTopic), {"ReportAgentState", 1, Senders::all_hosts}};
  EXPECT_TRUE(is_refused(kind, body, kAttackers[0]));
  EXPECT_FALSE(is_refused(kind, body, kAttackers[1]));
}

// The tests above know a message by its type.
TEST_F(CompromisedHost, EverybodyWhoListensLooksAtTheType) {
  for (const Listening& listening : world_.bus().list())
    EXPECT_TRUE(listening.accepted) << listening.topic;
}

}  // namespace
}  // namespace api_edge
