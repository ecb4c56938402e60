#include "nova_world.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.hpp"
#include "openstack/token.hpp"
#include "platform/crypto.hpp"
#include "platform/database/rows.hpp"
#include "service_database.hpp"
#include "temporary_directory.hpp"

namespace nova_tests {
namespace {

using platform::http::Request;
using platform::http::Response;

std::string project_id(const std::string& name) { return base::to_hex(platform::md5(name)); }

Response sign_in(Request&) {
  auto response =
      openstack::json_response(201, R"({"token":{"expires_at":"2099-01-01T00:00:00.000000Z"}})");
  response.headers.set("X-Subject-Token", "service-token");
  return response;
}

Response show_image(Request& request) {
  if (!request.path.ends_with(kImage))
    return openstack::json_response(404, R"({"message":"No image found","code":"404 Not Found"})");
  return openstack::json_response(
      200, std::string(R"({"id":")") + kImage +
               R"(","name":"image","owner":"o","status":"active","visibility":"public",)"
               R"("disk_format":"qcow2","container_format":"bare","os_hash_value":"00",)"
               R"("size":1024,"virtual_size":1024,"min_disk":0,"min_ram":64})");
}

nova::ReportServer report_of(const std::string& host, const std::string& server,
                             const std::string& operation) {
  nova::ReportServer report;
  report.host = host;
  report.server_id = server;
  report.operation_id = operation;
  report.finished = true;
  return report;
}

}  // namespace

NovaWorld::NovaWorld(WorldOptions options)
    : directory_("nova"),
      runtime_{platform::system_executor(), platform::system_clock(), platform::system_random(),
               platform::null_tracer(), "controller"},
      database_(service_database::make(nova::store::migrations())),
      config_({nova::options()}) {
  openstack::FernetKeys::ensure(directory_.path() + "/keys", runtime_.random);
  tokens_ = std::make_unique<openstack::Tokens>(directory_.path() + "/keys", runtime_,
                                                std::make_shared<openstack::Revocations>());
  bus_ = platform::make_in_process_bus(runtime_);
  for (const auto& [name, value] : options.config) {
    const size_t slash = name.find('/');
    config_.set(name.substr(0, slash), name.substr(slash + 1), value);
  }
  add_services();
  const openstack::RoleEnvironment environment{runtime_,   *bus_,   database_.get(),
                                               transport_, config_, tokens_.get()};
  conductor_ = nova::make_nova_conductor(environment);
  scheduler_ = nova::make_nova_scheduler(environment);
  api_ = nova::make_nova_api(environment);
  for (const std::string& host : options.hosts) add_host(host);
}

NovaWorld::~NovaWorld() {
  hosts_.clear();
  api_.reset();
  scheduler_.reset();
  conductor_.reset();
  bus_.reset();
}

void NovaWorld::add_services() {
  config_.set("service_user", "auth_url", "http://keystone.test:5000/v3");
  config_.set("neutron", "endpoint_override", "http://neutron.test:9696");
  config_.set("neutron", "metadata_proxy_shared_secret", "shared secret");
  config_.set("glance", "endpoint_override", "http://glance.test:9292");
  transport_.add("http://keystone.test:5000", sign_in);
  transport_.add("http://glance.test:9292", show_image);
  transport_.add("http://neutron.test:9696",
                 [this](Request& request) { return answer_as_neutron(request); });
}

Response NovaWorld::answer_as_neutron(Request& request) {
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request.method + " " + request.path);
  }
  const auto network = [](const std::string& id) {
    return base::JsonObject{{"id", id},    {"name", "net"},  {"project_id", "shared"},
                            {"mtu", 1500}, {"shared", true}, {"tenant_id", "shared"}};
  };
  if (request.method == "DELETE") return openstack::empty_response(204);
  if (request.path == "/v2.0/networks") {
    base::JsonArray list;
    for (const std::string& id : networks) list.push_back(network(id));
    return openstack::json_response(200, base::to_text(base::JsonObject{{"networks", list}}));
  }
  for (const std::string& id : networks)
    if (request.path == "/v2.0/networks/" + id)
      return openstack::json_response(200,
                                      base::to_text(base::JsonObject{{"network", network(id)}}));
  if (request.path == "/v2.0/ports")
    return openstack::json_response(
        200, R"({"ports":[{"id":"77777777-7777-4777-8777-777777777777","network_id":"n"}]})");
  if (request.path == "/v2.0/security-groups")
    return openstack::json_response(200, R"({"security_groups":[]})");
  return openstack::json_response(
      404, R"({"NeutronError":{"type":"NotFound","message":"not found","detail":""}})");
}

std::vector<std::string> NovaWorld::asked_of_neutron() {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void NovaWorld::add_host(const std::string& name) {
  report_host(name);
  platform::Dispatcher dispatcher;
  dispatcher
      .on<nova::BuildServer>(
          [this, name](const platform::Message&, const nova::BuildServer& m) { build(name, m); })
      .on<nova::TerminateServer>(
          [this, name](const platform::Message&, const nova::TerminateServer& m) {
            if (conduct_of(name) == Conduct::ignores) return;
            static_cast<void>(call(nova::ServerTerminated{name, m.server_id, m.operation_id}));
          })
      .on<nova::ChangePower>([this, name](const platform::Message&, const nova::ChangePower& m) {
        if (conduct_of(name) == Conduct::ignores) return;
        auto report = report_of(name, m.server_id, m.operation_id);
        report.vm_state = m.change == "stop"    ? "stopped"
                          : m.change == "pause" ? "paused"
                                                : "active";
        report.power_state = m.change == "stop" ? 4 : m.change == "pause" ? 3 : 1;
        static_cast<void>(call(report));
      })
      .on<nova::RebuildServer>(
          [this, name](const platform::Message&, const nova::RebuildServer& m) {
            if (conduct_of(name) == Conduct::ignores) return;
            auto report = report_of(name, m.server_id, m.operation_id);
            report.vm_state = "active";
            report.power_state = 1;
            static_cast<void>(call(report));
          });
  platform::Dispatcher events;
  events.on<nova::PortEvent>([](const platform::Message&, const nova::PortEvent&) {})
      .on<nova::GetConsoleOutput>([](const platform::Message&, const nova::GetConsoleOutput&) {
        return nova::ConsoleOutput{"one\ntwo\nthree\n"};
      });
  hosts_[name].subscriptions.push_back(
      bus_->subscribe(nova::compute_topic(name), std::move(dispatcher), {"nova-compute", 4}));
  hosts_[name].subscriptions.push_back(
      bus_->subscribe(nova::compute_events_topic(name), std::move(events), {"nova-compute", 1}));
}

void NovaWorld::build(const std::string& host, const nova::BuildServer& message) {
  const Conduct how = conduct_of(host);
  if (how == Conduct::ignores) return;
  if (how != Conduct::builds) {
    static_cast<void>(call(nova::BuildFailed{host, message.server_id, message.operation_id,
                                             "no luck on " + host, how == Conduct::fails}));
    return;
  }
  const auto server = call(nova::GetServer{host, message.server_id}).server;
  if (!server || server->operation_id != message.operation_id) return;
  auto report = report_of(host, message.server_id, message.operation_id);
  report.vm_state = "active";
  report.power_state = 1;
  report.launched = true;
  std::vector<openstack::clients::Port> ports;
  for (const auto& network : server->networks) {
    openstack::clients::Port port;
    port.id = "77777777-7777-4777-8777-777777777777";
    port.network_id = network.network_id;
    port.mac_address = "fa:16:3e:00:00:01";
    port.status = "ACTIVE";
    port.fixed_ips = {{"66666666-6666-4666-8666-666666666666", "10.0.0.5"}};
    ports.push_back(port);
  }
  report.ports = ports;
  static_cast<void>(call(report));
}

void NovaWorld::report_host(const std::string& host) {
  nova::ReportHost report;
  report.host = host;
  report.hypervisor_type = "QEMU";
  report.hypervisor_version = 7002000;
  report.hypervisor_hostname = host;
  report.host_ip = "192.0.2.1";
  report.cpu_info = R"({"model":"host"})";
  report.vcpus = 4;
  report.memory_mib = 8192;
  report.disk_gib = 100;
  report.free_disk_gib = 90;
  report.virt_type = "qemu";
  static_cast<void>(call(report));
}

Conduct NovaWorld::conduct_of(const std::string& host) {
  const std::lock_guard lock(mutex_);
  return hosts_[host].conduct;
}

void NovaWorld::conduct(const std::string& host, Conduct how) {
  const std::lock_guard lock(mutex_);
  hosts_[host].conduct = how;
}

std::string NovaWorld::token_for(const std::string& project) {
  openstack::TokenData token;
  token.identity.user_id = project_id("user of " + project);
  token.identity.project_id = project_id(project);
  token.identity.roles = {"member", "reader"};
  if (project == "admin") token.identity.roles.push_back("admin");
  if (project == "reader") token.identity.roles = {"reader"};
  token.issued_at = runtime_.clock.now();
  token.expires_at = token.issued_at + std::chrono::hours{1};
  token.audit_ids = {"audit"};
  return tokens_->issue(token);
}

Answer NovaWorld::send(const std::string& project, const std::string& method,
                       const std::string& target, const std::string& body,
                       const std::string& version) {
  Request request;
  request.method = method;
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query_text = target.substr(question + 1);
  request.headers.set("X-Auth-Token", token_for(project));
  request.headers.set("Host", "nova.test:8774");
  if (!version.empty()) request.headers.set("OpenStack-API-Version", "compute " + version);
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  request.body = body;
  const auto response = api_->api()->handle(request);
  Answer answer{response.status, nullptr, response.headers, response.body};
  if (!response.body.empty() && response.body.front() == '{')
    answer.json = base::parse_json(response.body);
  return answer;
}

std::string NovaWorld::make_flavor(const std::string& id, int vcpus, int ram, int disk) {
  const auto answer =
      send("admin", "POST", "/v2.1/flavors",
           fmt::format(R"({{"flavor":{{"id":"{0}","name":"flavor-{0}","vcpus":{1},"ram":{2},)"
                       R"("disk":{3}}}}})",
                       id, vcpus, ram, disk));
  EXPECT_EQ(answer.status, 200) << answer.body;
  return id;
}

std::string NovaWorld::make_server(const std::string& members) {
  const auto answer =
      post("/v2.1/servers",
           fmt::format(R"({{"server":{{"name":"server","imageRef":"{}","flavorRef":"1"{}{}}}}})",
                       kImage, members.empty() ? "" : ",", members));
  EXPECT_EQ(answer.status, 202) << answer.body;
  return answer.status == 202 ? answer.text("server", "id") : "none";
}

bool NovaWorld::wait_for_status(const std::string& server, const std::string& status) {
  for (int i = 0; i < 1000; ++i) {
    const auto answer = send("admin", "GET", "/v2.1/servers/" + server);
    const std::string now = answer.status == 404 ? "gone" : answer.text("server", "status");
    const bool idle =
        answer.status == 404 || answer.at("server", "OS-EXT-STS:task_state").is_null();
    if (now == status && idle) return true;
    runtime_.executor.sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

int64_t NovaWorld::count(const std::string& sql) {
  return service_database::beneath(*database_).read([&](platform::Session& session) {
    return platform::number(session, sql);
  });
}

}  // namespace nova_tests
