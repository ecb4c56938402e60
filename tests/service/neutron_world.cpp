#include "neutron_world.hpp"

#include <gtest/gtest.h>

#include "service_database.hpp"
#include "temporary_directory.hpp"

namespace tests {
namespace {

std::string id_of(const Answer& answer, const char* resource) {
  EXPECT_EQ(answer.status, 201) << base::to_text(answer.json);
  return answer.status == 201 ? answer.text(resource, "id") : std::string("none");
}

}  // namespace

NeutronWorld::NeutronWorld()
    : directory_("neutron"),
      runtime_{platform::system_executor(), platform::system_clock(), platform::system_random(),
               platform::null_tracer(), "host"},
      database_(service_database::make(neutron::store::migrations())),
      config_({neutron::options()}) {
  openstack::FernetKeys::ensure(directory_.path() + "/keys", runtime_.random);
  tokens_ = std::make_unique<openstack::Tokens>(directory_.path() + "/keys", runtime_,
                                                std::make_shared<openstack::Revocations>());
  bus_ = platform::make_in_process_bus(runtime_);
  config_.set("nova", "auth_url", "http://keystone.test:5000/v3");
  config_.set("nova", "endpoint_override", "http://nova.test:8774");
  const auto nova = [this](platform::http::Request& request) { return answer_as_nova(request); };
  transport_.add("http://keystone.test:5000", nova);
  transport_.add("http://nova.test:8774", nova);
  server_ = neutron::make_neutron_server(
      {runtime_, *bus_, database_.get(), transport_, config_, tokens_.get()});
}

NeutronWorld::~NeutronWorld() {
  server_.reset();
  bus_.reset();
}

platform::http::Response NeutronWorld::answer_as_nova(platform::http::Request& request) {
  if (request.path.ends_with("/auth/tokens")) {
    auto response =
        openstack::json_response(201, R"({"token":{"expires_at":"2099-01-01T00:00:00.000000Z"}})");
    response.headers.set("X-Subject-Token", "service-token");
    return response;
  }
  const std::lock_guard lock(mutex_);
  events_.push_back(request.body);
  return openstack::json_response(200, R"({"events":[]})");
}

std::vector<std::string> NeutronWorld::events_told_to_nova(size_t count) {
  for (int i = 0; i < 500; ++i) {
    {
      const std::lock_guard lock(mutex_);
      if (events_.size() >= count) return events_;
    }
    runtime_.executor.sleep_for(std::chrono::milliseconds{10});
  }
  const std::lock_guard lock(mutex_);
  return events_;
}

std::string NeutronWorld::token_for(const std::string& project) {
  openstack::TokenData token;
  token.identity.user_id = "user-of-" + project;
  token.identity.project_id = project;
  token.identity.roles = {"member", "reader"};
  if (project == "admin") token.identity.roles.push_back("admin");
  token.issued_at = runtime_.clock.now();
  token.expires_at = token.issued_at + std::chrono::hours{1};
  token.audit_ids = {"audit"};
  return tokens_->issue(token);
}

Answer NeutronWorld::send(const std::string& project, const std::string& method,
                          const std::string& target, const std::string& body,
                          const std::string& if_match) {
  platform::http::Request request;
  request.method = method;
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query_text = target.substr(question + 1);
  request.headers.set("X-Auth-Token", token_for(project));
  request.headers.set("Host", "neutron.test:9696");
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  if (!if_match.empty()) request.headers.set("If-Match", if_match);
  request.body = body;
  const auto response = server_->api()->handle(request);
  Answer answer{response.status, nullptr};
  if (!response.body.empty()) answer.json = base::parse_json(response.body);
  return answer;
}

std::string NeutronWorld::make_network(const std::string& project, const std::string& members) {
  return id_of(post(project, "/v2.0/networks",
                    R"({"network":{"name":"net")" + (members.empty() ? "" : "," + members) + "}}"),
               "network");
}

std::string NeutronWorld::make_subnet(const std::string& project, const std::string& network_id,
                                      const std::string& cidr, const std::string& members) {
  const std::string version = cidr.find(':') == std::string::npos ? "4" : "6";
  return id_of(
      post(project, "/v2.0/subnets",
           R"({"subnet":{"network_id":")" + network_id + R"(","cidr":")" + cidr +
               R"(","ip_version":)" + version + (members.empty() ? "" : "," + members) + "}}"),
      "subnet");
}

std::string NeutronWorld::make_port(const std::string& project, const std::string& network_id,
                                    const std::string& members) {
  return id_of(post(project, "/v2.0/ports",
                    R"({"port":{"network_id":")" + network_id + R"(")" +
                        (members.empty() ? "" : "," + members) + "}}"),
               "port");
}

void NeutronWorld::report_agents(const std::string& host) {
  neutron::ReportAgentState state;
  state.host = host;
  state.binary = "neutron-linuxbridge-agent";
  state.agent_type = neutron::kLinuxBridgeAgentType;
  state.configurations = base::parse_json(R"({"tunnel_types":["vxlan"],"tunneling_ip":"192.0.2.)" +
                                          std::to_string(host.size()) +
                                          R"(","interface_mappings":{"physnet1":"eth1"}})");
  (void)call(state);
  state.binary = "neutron-dhcp-agent";
  state.agent_type = neutron::kDhcpAgentType;
  state.configurations = base::JsonObject{};
  (void)call(state);
}

}  // namespace tests
