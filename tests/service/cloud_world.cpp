#include "cloud_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>

#include "keystone/bootstrap.hpp"
#include "nephele/cloud.hpp"
#include "neutron/messages.hpp"
#include "nova/messages.hpp"
#include "platform/bus/in_process.hpp"
#include "platform/bus/message.hpp"
#include "service_database.hpp"
#include "temporary_directory.hpp"

namespace api_edge {
namespace {

using platform::http::Request;
using platform::http::Response;

constexpr std::array kCallers{
    CallerName{Caller::none, "none"},       CallerName{Caller::expired, "expired"},
    CallerName{Caller::forged, "forged"},   CallerName{Caller::unscoped, "unscoped"},
    CallerName{Caller::foreign, "foreign"}, CallerName{Caller::service, "service"},
    CallerName{Caller::reader, "reader"},   CallerName{Caller::member, "member"},
    CallerName{Caller::admin, "admin"},
};

// Options of a small cloud in a test: cheap passwords, no quota in the way.
struct Setting {
  std::string_view service, group, option, value;
};
constexpr std::array kSettings{
    Setting{"keystone", "identity", "password_hash_rounds", "4"},
    Setting{"nova", "DEFAULT", "compute_driver", "fake"},
    Setting{"nova", "quota", "instances", "-1"},
    Setting{"nova", "quota", "cores", "-1"},
    Setting{"nova", "quota", "ram", "-1"},
    Setting{"nova", "quota", "key_pairs", "-1"},
    Setting{"nova", "quota", "server_groups", "-1"},
    Setting{"cinder", "DEFAULT", "target_helper", "fake"},
    Setting{"cinder", "DEFAULT", "quota_volumes", "-1"},
    Setting{"cinder", "DEFAULT", "quota_snapshots", "-1"},
    Setting{"cinder", "DEFAULT", "quota_gigabytes", "-1"},
    Setting{"neutron", "quotas", "quota_network", "-1"},
    Setting{"neutron", "quotas", "quota_subnet", "-1"},
    Setting{"neutron", "quotas", "quota_port", "-1"},
    Setting{"neutron", "quotas", "quota_security_group", "-1"},
    Setting{"neutron", "quotas", "quota_security_group_rule", "-1"},
    Setting{"neutron", "quotas", "quota_rbac_policy", "-1"},
};

std::string url_of(uint16_t port) { return fmt::format("http://127.0.0.1:{}", port); }

keystone::Bootstrap bootstrap_of(const nephele::Secrets& secrets) {
  keystone::Bootstrap bootstrap;
  bootstrap.admin_password = CloudWorld::kPassword;
  bootstrap.service_password = secrets.service_password;
  bootstrap.password_cost = 4;
  for (const nephele::ServiceEntry& service : nephele::services())
    bootstrap.public_urls[std::string(service.type)] =
        url_of(service.port) + std::string(service.endpoint_path);
  return bootstrap;
}

// Agents and compute hosts are played by nobody: what is cast to them stays unheard.
bool takes_part(const nephele::RoleEntry& entry) { return entry.has_database || entry.port != 0; }

}  // namespace

std::span<const CallerName> callers() { return kCallers; }

Request make_request(std::string_view method, std::string_view target, std::string body) {
  Request request;
  request.method = method;
  platform::http::set_target(request, target);
  request.headers.set("Accept", "application/json");
  request.headers.set("Host", "cloud.test");
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

CloudWorld::CloudWorld()
    : directory_("edge"),
      runtime_{platform::system_executor(), platform::system_clock(), platform::system_random(),
               platform::null_tracer(), "controller"},
      bus_(std::make_unique<RecordingBus>(platform::make_in_process_bus(runtime_))) {
  nephele::CommandLine line;
  line.state_dir = directory_.path();
  line.config_dir = directory_.path();
  const nephele::Secrets secrets = nephele::ensure_secrets({directory_.path()}, runtime_.random);
  const std::string keys = directory_.path() + "/fernet-keys";
  openstack::FernetKeys::ensure(keys, runtime_.random);
  token_keys_ = std::make_unique<openstack::Tokens>(keys, runtime_,
                                                    std::make_shared<openstack::Revocations>());
  for (const nephele::ServiceEntry& service : nephele::services()) {
    configs_.emplace(service.name, nephele::load_config(line, service));
    open(service);
  }
  for (const Setting& setting : kSettings)
    configs_.at(std::string(setting.service)).set(setting.group, setting.option, setting.value);
  keystone::bootstrap(database("keystone"), runtime_, bootstrap_of(secrets));
  for (const nephele::RoleEntry& entry : nephele::roles())
    if (entry.port != 0)
      transport_.add(url_of(entry.port),
                     [&gate = gates_[std::string(entry.name)]](Request& request) {
                       return gate.pass(request, [](openstack::Role& role, Request& asked) {
                         return role.api()->handle(asked);
                       });
                     });
  for (const nephele::RoleEntry& entry : nephele::roles())
    if (takes_part(entry)) start(entry);
  make_users();
  make_tokens();
  report_host();
}

CloudWorld::~CloudWorld() {
  for (; !roles_.empty(); roles_.pop_back()) gates_[roles_.back().first].close();
  bus_.reset();
}

void CloudWorld::open(const nephele::ServiceEntry& service) {
  databases_.emplace(service.name, service_database::make(service.migrations()));
}

void CloudWorld::start(const nephele::RoleEntry& entry) { start(entry, runtime_); }

void CloudWorld::start_compute(const std::string& host) {
  platform::Runtime runtime = runtime_;
  runtime.host = host;
  start(nephele::get_role("nova-compute"), runtime);
}

void CloudWorld::start(const nephele::RoleEntry& entry, const platform::Runtime& runtime) {
  roles_.emplace_back(entry.name, entry.make(environment(entry, runtime)));
  gates_[roles_.back().first].open(*roles_.back().second);
}

openstack::RoleEnvironment CloudWorld::environment(std::string_view role) {
  return environment(nephele::get_role(role), runtime_);
}

openstack::RoleEnvironment CloudWorld::environment(const nephele::RoleEntry& entry,
                                                   const platform::Runtime& runtime) {
  platform::Database* database =
      entry.has_database ? databases_.find(entry.service)->second.get() : nullptr;
  return {runtime,          *bus_, database, transport_, configs_.find(entry.service)->second,
          token_keys_.get()};
}

std::vector<std::string> CloudWorld::roles() const {
  std::vector<std::string> names;
  for (const auto& [name, role] : roles_)
    if (role->api()) names.push_back(name);
  return names;
}

openstack::Api& CloudWorld::api(std::string_view role) const {
  for (const auto& [name, object] : roles_)
    if (name == role) return *object->api();
  throw std::runtime_error(fmt::format("no role {}", role));
}

platform::Database& CloudWorld::database(std::string_view service) const {
  return *databases_.find(service)->second;
}

Response CloudWorld::send_with(std::string_view role, Request request, const std::string& token) {
  if (!token.empty()) request.headers.set("X-Auth-Token", token);
  openstack::Api& target = api(role);
  if (target.streams(request)) {
    request.content_length = request.body.size();
    request.stream = platform::http::make_text_reader(std::move(request.body));
    request.body.clear();
  }
  return target.handle(request);
}

Response CloudWorld::send(std::string_view role, Request request, Caller caller) {
  return send_with(role, std::move(request), token(caller));
}

Response CloudWorld::metadata(Request request) {
  for (const auto& [name, role] : roles_)
    if (name == "nova-api") return role->extra_handler()(request);
  throw std::runtime_error("no nova-api");
}

base::Json CloudWorld::must(std::string_view role, Request request, Caller caller) {
  const std::string what = request.method + " " + request.path + " " + request.body;
  const Response response = send(role, std::move(request), caller);
  if (response.status < 200 || response.status > 299)
    throw std::runtime_error(fmt::format("{}: {} {}", what, response.status, response.body));
  return response.body.empty() ? base::Json(nullptr) : base::parse_json(response.body);
}

const std::string& CloudWorld::project(std::string_view name) const {
  return projects_.find(name)->second;
}
const std::string& CloudWorld::user(std::string_view name) const {
  return users_.find(name)->second;
}

std::string CloudWorld::sign_in(const std::string& user, const std::string& scope) {
  const std::string body = fmt::format(
      R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"{}",)"
      R"("domain":{{"id":"default"}},"password":"{}"}}}}}}{}}}}})",
      user, kPassword, scope.empty() ? "" : ",\"scope\":" + scope);
  const Response response =
      send_with("keystone", make_request("POST", "/v3/auth/tokens", body), "");
  if (response.status != 201) throw std::runtime_error("sign in " + user + ": " + response.body);
  return std::string(response.headers.value("X-Subject-Token"));
}

void CloudWorld::make_user(const std::string& name, const std::string& project,
                           const std::string& role) {
  const auto id_of = [](const base::Json& answer, const char* resource) {
    return base::text_or(*base::find(answer, resource), "id");
  };
  if (!projects_.contains(project))
    projects_[project] = id_of(
        must("keystone", make_request("POST", "/v3/projects",
                                      fmt::format(R"({{"project":{{"name":"{}"}}}})", project))),
        "project");
  users_[name] = id_of(
      must("keystone", make_request("POST", "/v3/users",
                                    fmt::format(R"({{"user":{{"name":"{}","password":"{}"}}}})",
                                                name, kPassword))),
      "user");
  const base::Json found = must("keystone", make_request("GET", "/v3/roles?name=" + role));
  const std::string role_id = base::text_or(base::find(found, "roles")->as_array().at(0), "id");
  must("keystone", make_request("PUT", fmt::format("/v3/projects/{}/users/{}/roles/{}",
                                                   projects_[project], users_[name], role_id)));
}

void CloudWorld::make_users() {
  const auto project_scope = [](const std::string& name) {
    return fmt::format(R"({{"project":{{"name":"{}","domain":{{"id":"default"}}}}}})", name);
  };
  tokens_[Caller::admin] = sign_in("admin", project_scope("admin"));
  make_user("reader", "demo", "reader");
  make_user("member", "demo", "member");
  make_user("foreign", "other", "member");
  make_user("robot", "robots", "service");
  tokens_[Caller::reader] = sign_in("reader", project_scope("demo"));
  tokens_[Caller::member] = sign_in("member", project_scope("demo"));
  tokens_[Caller::foreign] = sign_in("foreign", project_scope("other"));
  tokens_[Caller::service] = sign_in("robot", project_scope("robots"));
  tokens_[Caller::unscoped] = sign_in("member", R"("unscoped")");
}

void CloudWorld::make_tokens() {
  tokens_[Caller::none] = "";
  tokens_[Caller::expired] = made_up_token(Caller::expired);
  tokens_[Caller::forged] = made_up_token(Caller::forged);
}

// As the member's own in all but the one thing that makes it void.
std::string CloudWorld::made_up_token(Caller caller) {
  openstack::TokenData token = *token_keys_->validate(tokens_.at(Caller::member));
  if (caller == Caller::expired) {
    token.issued_at -= std::chrono::hours{48};
    token.expires_at = token.issued_at + std::chrono::hours{1};
    return token_keys_->issue(token);
  }
  const std::string keys = directory_.path() + "/other-keys";
  openstack::FernetKeys::ensure(keys, runtime_.random);
  return openstack::Tokens(keys, runtime_, std::make_shared<openstack::Revocations>()).issue(token);
}

// "host-a" has agents and is known as a compute host, but no server is to be built on it.
void CloudWorld::report_host() {
  const auto tell = [this](const std::string& topic, const auto& body) {
    static_cast<void>(platform::call<std::decay_t<decltype(body)>>(
        *bus_, topic, platform::make_message("m", "req-test", nullptr, body),
        std::chrono::seconds{5}));
  };
  nova::ReportHost report;
  report.host = report.hypervisor_hostname = "host-a";
  report.hypervisor_type = "QEMU";
  report.cpu_info = "{}";
  report.vcpus = 4;
  report.memory_mib = 8192;
  report.disk_gib = report.free_disk_gib = 100;
  report.virt_type = "qemu";
  tell(std::string(nova::kConductorTopic), report);
  neutron::ReportAgentState agent;
  agent.host = "host-a";
  agent.binary = "neutron-dhcp-agent";
  agent.agent_type = neutron::kDhcpAgentType;
  agent.configurations = base::JsonObject{};
  tell(std::string(neutron::kPluginTopic), agent);
  must("nova-api", make_request("PUT", "/v2.1/os-services/disable",
                                R"({"host":"host-a","binary":"nova-compute"})"));
}

void CloudWorld::come_to_rest() {
  for (int i = 0; i < 20000 && bus_->casts_in_work() > 0; ++i)
    runtime_.executor.sleep_for(std::chrono::milliseconds{1});
  if (bus_->casts_in_work() > 0) throw std::runtime_error("the roles do not come to rest");
}

std::map<std::string, int64_t> CloudWorld::count_rows() {
  come_to_rest();
  std::map<std::string, int64_t> counts;
  for (const auto& [service, database] : databases_) {
    service_database::beneath(*database).read([&, &name = service](platform::Session& session) {
      for (const std::string& table : service_database::list_tables(session))
        session.query("SELECT COUNT(*) FROM " + table, {}, [&](const platform::SqlRow& row) {
          counts[fmt::format("{}.{}", name, table)] = row.integer(0);
        });
    });
  }
  return counts;
}

}  // namespace api_edge
