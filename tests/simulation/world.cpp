#include "world.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "neutron/agents/service.hpp"
#include "neutron/service.hpp"
#include "nova/compute/service.hpp"
#include "nova/service.hpp"
#include "platform/database/migration.hpp"

namespace neutron::store {
std::span<const platform::Migration> migrations();
}
namespace nova::store {
std::span<const platform::Migration> migrations();
}

namespace simulation {
namespace {

using platform::SimulatedProcess;
using platform::http::Request;
using platform::http::Response;

constexpr const char* kKeystone = "http://keystone";
constexpr const char* kGlance = "http://glance";
constexpr const char* kNeutron = "http://neutron";
constexpr const char* kNova = "http://nova";
constexpr const char* kImage = "99999999-9999-4999-8999-999999999999";
constexpr const char* kProject = "11111111111111111111111111111111";

Response json(int status, const base::Json& value) {
  Response response;
  response.status = status;
  response.body = base::to_text(value);
  response.headers.set("Content-Type", "application/json");
  return response;
}

Response show_image(Request&) {
  return json(200, base::JsonObject{{"id", kImage},
                                    {"name", "image"},
                                    {"owner", kProject},
                                    {"status", "active"},
                                    {"visibility", "public"},
                                    {"disk_format", "qcow2"},
                                    {"container_format", "bare"},
                                    {"os_hash_value", "00"},
                                    {"size", 1},
                                    {"virtual_size", 1},
                                    {"min_disk", 0},
                                    {"min_ram", 0}});
}

// Wires what is plugged; looks again when interfaces came or went.
class FakeL2 final : public neutron::drivers::L2Provider {
 public:
  FakeL2(SimulatedProcess& process, std::shared_ptr<nova::compute::FakeInterfaceTable> interfaces)
      : process_(process), interfaces_(std::move(interfaces)) {}

  std::set<std::string> apply(const std::vector<neutron::HostNetwork>& networks) override {
    process_.point("l2.apply");
    const std::lock_guard lock(interfaces_->mutex);
    std::set<std::string> wired;
    for (const auto& network : networks)
      for (const auto& port : network.ports)
        if (interfaces_->owners.contains(neutron::tap_name(port.id))) wired.insert(port.id);
    return wired;
  }

  bool wait_for_change(base::Duration timeout) override {
    process_.runtime().executor.sleep_for(timeout * 4);
    const std::lock_guard lock(interfaces_->mutex);
    const bool changed = interfaces_->owners != seen_;
    seen_ = interfaces_->owners;
    return changed;
  }

 private:
  SimulatedProcess& process_;
  std::shared_ptr<nova::compute::FakeInterfaceTable> interfaces_;
  std::map<std::string, std::string> seen_;
};

openstack::TokenData token_data(base::TimePoint now) {
  openstack::TokenData token;
  token.identity.user_id = "22222222222222222222222222222222";
  token.identity.user_name = "user";
  token.identity.project_id = kProject;
  token.identity.project_name = "project";
  token.identity.roles = {"admin", "member", "reader", "service"};
  token.methods = {"password"};
  token.audit_ids = {"audit"};
  token.issued_at = now;
  token.expires_at = now + std::chrono::hours{240};
  return token;
}

platform::Config config_of(std::vector<std::span<const platform::Option>> tables) {
  return platform::Config(std::move(tables));
}

}  // namespace

World::World(uint64_t seed, size_t compute_hosts) : simulation_(seed) {
  directory_ =
      std::filesystem::temp_directory_path() / fmt::format("nephele-simulation-{}", ::getpid());
  openstack::FernetKeys::ensure(directory_, platform::system_random());
  simulation_.prepare_database(
      "nova", [](platform::Database& database) { migrate(database, nova::store::migrations()); });
  simulation_.prepare_database("neutron", [](platform::Database& database) {
    migrate(database, neutron::store::migrations());
  });
  auto& nova = configs_.emplace("nova", config_of({nova::options(), nova::compute::options()}))
                   .first->second;
  nova.set("service_user", "auth_url", std::string(kKeystone) + "/v3");
  nova.set("service_user", "password", "x");
  nova.set("neutron", "endpoint_override", kNeutron);
  nova.set("glance", "endpoint_override", kGlance);
  auto& neutron =
      configs_.emplace("neutron", config_of({neutron::options(), neutron::agents::options()}))
          .first->second;
  neutron.set("nova", "auth_url", std::string(kKeystone) + "/v3");
  neutron.set("nova", "password", "x");
  neutron.set("nova", "endpoint_override", kNova);

  users_ = simulation_.make_process("users");
  tokens_ = std::make_unique<openstack::Tokens>(directory_, users_->runtime(),
                                                std::make_shared<openstack::Revocations>());
  users_->serve(kKeystone, [this](Request& request) { return sign_in(request); });
  users_->serve(kGlance, show_image);
  add_controllers();
  for (size_t i = 0; i < compute_hosts; ++i) add_compute(fmt::format("compute-{}", i));
  for (const auto& process : processes_) start(*process);
}

World::~World() {
  for (const auto& process : processes_) process->process->kill();
  for (const auto& process : processes_) process->roles.clear();
  users_->kill();
  std::filesystem::remove_all(directory_);
}

openstack::RoleEnvironment World::environment(SimulatedProcess& process, const std::string& service,
                                              bool with_database) {
  return {process.runtime(),
          process.bus(),
          with_database ? &process.database(service) : nullptr,
          process.transport(),
          configs_.at(service),
          tokens_.get()};
}

void World::add_controllers() {
  const auto add = [&](const std::string& service, const char* url,
                       std::unique_ptr<openstack::Role> (*make)(openstack::RoleEnvironment)) {
    auto entry = std::make_unique<Process>();
    entry->host = "controller";
    entry->make = [this, service, url, make](SimulatedProcess& process) {
      std::vector<std::unique_ptr<openstack::Role>> roles;
      roles.push_back(make(environment(process, service, true)));
      openstack::Role* role = roles.back().get();
      if (url)
        process.serve(url, [role](Request& request) { return role->api()->handle(request); });
      return roles;
    };
    processes_.push_back(std::move(entry));
  };
  add("neutron", kNeutron, neutron::make_neutron_server);
  add("nova", nullptr, nova::make_nova_conductor);
  add("nova", nullptr, nova::make_nova_scheduler);
  add("nova", kNova, nova::make_nova_api);
}

void World::add_compute(const std::string& name) {
  machines_[name];
  auto entry = std::make_unique<Process>();
  entry->host = name;
  entry->make = [this, name](SimulatedProcess& process) {
    const Machine& machine = machines_.at(name);
    const auto point = [&process](const char* where) { process.point(where); };
    std::vector<std::unique_ptr<openstack::Role>> roles;
    roles.push_back(
        neutron::agents::make_l2_agent(environment(process, "neutron", false),
                                       std::make_unique<FakeL2>(process, machine.interfaces)));
    nova::compute::HostParts parts;
    parts.hypervisor = std::make_unique<nova::drivers::FakeHypervisor>(machine.guests, point);
    parts.disks = nova::compute::make_fake_disks(machine.disks, point);
    parts.interfaces = nova::compute::make_fake_interfaces(machine.interfaces, point);
    roles.push_back(
        nova::compute::make_nova_compute(environment(process, "nova", false), std::move(parts)));
    return roles;
  };
  processes_.push_back(std::move(entry));
}

void World::start(Process& process) {
  process.roles.clear();
  process.process = simulation_.make_process(process.host);
  process.roles = process.make(*process.process);
}

Response World::sign_in(Request&) {
  const openstack::TokenData token = token_data(simulation_.now());
  Response response = json(
      201, base::JsonObject{{"token", base::JsonObject{{"expires_at", base::format_microseconds(
                                                                          token.expires_at)}}}});
  response.headers.set("X-Subject-Token", tokens_->issue(token));
  return response;
}

World::Answer World::send(const std::string& url_base, const std::string& method,
                          const std::string& target, const base::Json& body) {
  Request request;
  request.method = method;
  request.path = target;
  request.headers.set("X-Auth-Token", tokens_->issue(token_data(simulation_.now())));
  if (!body.is_null()) {
    request.headers.set("Content-Type", "application/json");
    request.body = base::to_text(body);
    request.content_length = request.body.size();
  }
  try {
    const Response response =
        users_->transport().send(url_base, std::move(request), std::chrono::seconds{60});
    return {response.status,
            response.body.empty() ? base::Json() : base::parse_json(response.body)};
  } catch (const base::Error&) {
    return {};  // unknown whether it was done
  }
}

void World::as_user(const std::function<void()>& body) {
  bool done = false;
  std::string failure;
  const auto task = users_->runtime().executor.start("user", [&] {
    try {
      body();
    } catch (const std::exception& error) {
      failure = error.what();
    }
    done = true;
  });
  if (!simulation_.run_until([&] { return done; }, std::chrono::hours{2}))
    throw std::runtime_error("a user waits for ever:\n" + simulation_.dump());
  if (!failure.empty()) throw std::runtime_error(failure);
}

void World::prepare() {
  as_user([&] {
    // Agents and compute services report before the first request counts on them.
    users_->runtime().executor.sleep_for(std::chrono::seconds{30});
    const Answer network = send(kNeutron, "POST", "/v2.0/networks",
                                base::JsonObject{{"network", base::JsonObject{{"name", "n"}}}});
    if (network.status != 201) throw std::runtime_error("network: " + base::to_text(network.body));
    network_id_ = base::get_text(network.body.at("network"), "id");
    const Answer subnet =
        send(kNeutron, "POST", "/v2.0/subnets",
             base::JsonObject{{"subnet", base::JsonObject{{"network_id", network_id_},
                                                          {"ip_version", 4},
                                                          {"cidr", "10.0.0.0/24"}}}});
    if (subnet.status != 201) throw std::runtime_error("subnet: " + base::to_text(subnet.body));
    const Answer flavor = send(
        kNova, "POST", "/v2.1/flavors",
        base::JsonObject{
            {"flavor", base::JsonObject{{"name", "f"}, {"ram", 128}, {"vcpus", 1}, {"disk", 1}}}});
    if (flavor.status != 200) throw std::runtime_error("flavor: " + base::to_text(flavor.body));
    flavor_id_ = base::get_text(flavor.body.at("flavor"), "id");
  });
}

void World::restart_dead(bool all) {
  for (const auto& process : processes_)
    if (process->process->killed() && (all || simulation_.choose(3) == 0)) start(*process);
}

void World::disturb(size_t servers) {
  platform::Faults faults;
  faults.message_lost = 20;
  faults.message_doubled = 30;
  faults.message_delayed = 50;
  faults.commit_failed = 5;
  faults.http_failed = 10;
  simulation_.faults(faults);
  simulation_.on_point([this](SimulatedProcess& process, std::string_view) {
    if (&process != users_.get() && simulation_.choose(2500) == 0) process.kill();
  });
  bool done = false;
  const auto task = users_->runtime().executor.start("users", [&] {
    platform::Executor& executor = users_->runtime().executor;
    for (size_t i = 0; i < servers; ++i) {
      const Answer answer =
          send(kNova, "POST", "/v2.1/servers",
               base::JsonObject{
                   {"server", base::JsonObject{{"name", fmt::format("s{}", i)},
                                               {"imageRef", kImage},
                                               {"flavorRef", flavor_id_},
                                               {"networks", base::JsonArray{base::JsonObject{
                                                                {"uuid", network_id_}}}}}}});
      if (answer.status == 202) created_.push_back(base::get_text(answer.body.at("server"), "id"));
      executor.sleep_for(std::chrono::milliseconds{simulation_.choose(8000)});
      if (created_.empty() || simulation_.choose(2) == 0) continue;
      const std::string& victim = created_[simulation_.choose(created_.size())];
      if (send(kNova, "DELETE", "/v2.1/servers/" + victim).status == 204)
        deleted_.push_back(victim);
    }
    done = true;
  });
  for (int slice = 0; slice < 400 && !done; ++slice) {
    simulation_.run_until([&] { return done; }, std::chrono::seconds{5});
    restart_dead(false);
  }
  simulation_.on_point(nullptr);
  simulation_.faults({});
  restart_dead(true);
  simulation_.run_until([&] { return done; }, std::chrono::hours{1});
}

std::vector<std::string> World::query(const std::string& database, const std::string& sql) {
  std::vector<std::string> rows;
  users_->database(database).read([&](platform::Session& session) {
    session.query(sql, {}, [&](const platform::SqlRow& row) { rows.emplace_back(row.text(0)); });
  });
  return rows;
}

std::vector<std::string> World::unfinished() {
  std::vector<std::string> rows =
      query("nova",
            "SELECT id || ' ' || vm_state || '/' || task_state FROM instances WHERE deleted = 0 "
            "AND (task_state <> '' OR operation_id <> '' OR vm_state = 'building')");
  for (const char* database : {"nova", "neutron"})
    for (const std::string& row : query(database, "SELECT topic FROM outbox"))
      rows.push_back(std::string(database) + " outbox: " + row);
  return rows;
}

bool World::settle() {
  for (int slice = 0; slice < 120; ++slice) {
    simulation_.run_until([] { return false; }, std::chrono::seconds{30});
    // Reconcilers look once a minute: what they clean up is waited for, too.
    if (slice > 6 && unfinished().empty() && violations().empty()) return true;
  }
  return unfinished().empty();
}

std::vector<std::string> World::violations() {
  std::vector<std::string> wrong = unfinished();
  check_hosts(wrong);
  check_answers(wrong);
  return wrong;
}

void World::check_hosts(std::vector<std::string>& wrong) {
  const auto live = query("nova", "SELECT id FROM instances WHERE deleted = 0");
  const std::set<std::string> servers(live.begin(), live.end());
  for (const std::string& id : query("nova", "SELECT instance_id FROM allocations"))
    if (!servers.contains(id)) wrong.push_back("claim without server " + id);
  for (const std::string& row :
       query("nova",
             "SELECT i.id FROM instances i LEFT JOIN allocations a ON a.instance_id = i.id "
             "WHERE i.deleted = 0 AND i.vm_state = 'active' AND (a.host IS NULL OR a.host <> "
             "i.host)"))
    wrong.push_back("server without its claim " + row);
  const auto on_host =
      query("nova", "SELECT host || ' ' || id FROM instances WHERE deleted = 0 AND host <> ''");
  const std::set<std::string> placed(on_host.begin(), on_host.end());
  std::set<std::string> running;
  for (const auto& [host, machine] : machines_) {
    const auto expect_owner = [&](const char* what, const std::string& id) {
      if (!placed.contains(host + " " + id))
        wrong.push_back(fmt::format("{} without owner on {}: {}", what, host, id));
    };
    for (const auto& [id, guest] : machine.guests->guests) {
      expect_owner("guest", id);
      if (!running.insert(id).second) wrong.push_back("guest on two hosts " + id);
    }
    for (const std::string& id : machine.disks->servers) expect_owner("disk", id);
    for (const auto& [name, id] : machine.interfaces->owners) expect_owner("interface", id);
  }
  for (const std::string& id :
       query("nova", "SELECT id FROM instances WHERE deleted = 0 AND vm_state = 'active'"))
    if (!running.contains(id)) wrong.push_back("active server without guest " + id);
  for (const std::string& device :
       query("neutron", "SELECT device_id FROM ports WHERE device_owner LIKE 'compute:%'"))
    if (!servers.contains(device)) wrong.push_back("port without server " + device);
}

void World::check_answers(std::vector<std::string>& wrong) {
  const auto live = query("nova", "SELECT id FROM instances WHERE deleted = 0");
  const std::set<std::string> alive(live.begin(), live.end());
  const std::set<std::string> gone(deleted_.begin(), deleted_.end());
  for (const std::string& id : created_)
    if (!alive.contains(id) && !gone.contains(id) &&
        query("nova", "SELECT id FROM instances WHERE id = '" + id + "'").empty())
      wrong.push_back("acknowledged create was lost " + id);
  for (const std::string& id : gone)
    if (alive.contains(id)) wrong.push_back("acknowledged delete is not done " + id);
}

}  // namespace simulation
