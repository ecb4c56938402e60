#include "cloud.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "cinder/service.hpp"
#include "cinder/store/migrations.hpp"
#include "cinder/volume/service.hpp"
#include "glance/service.hpp"
#include "glance/store/migrations.hpp"
#include "neutron/agents/service.hpp"
#include "neutron/service.hpp"
#include "neutron/store/migrations.hpp"
#include "nova/compute/service.hpp"
#include "nova/service.hpp"
#include "nova/store/migrations.hpp"
#include "platform/database/migration.hpp"
#include "platform/log.hpp"

namespace simulation {
namespace {

using platform::SimulatedProcess;
using platform::http::Request;
using platform::http::Response;

constexpr int64_t kGuestMemory = 128;  // MiB, of the one flavor

openstack::TokenData token_data(const std::string& project, base::TimePoint now) {
  const bool admin = project == kAdmin;
  openstack::TokenData token;
  token.identity.user_id = project;
  token.identity.user_name = admin ? "admin" : "user";
  token.identity.project_id = project;
  token.identity.project_name = admin ? "service" : "project";
  token.identity.roles = {"member", "reader"};
  if (admin) token.identity.roles = {"admin", "member", "reader", "service"};
  token.methods = {"password"};
  token.audit_ids = {"audit"};
  token.issued_at = now;
  token.expires_at = now + std::chrono::hours{240};
  return token;
}

// Bytes that come bit by bit.
class SlowReader final : public platform::http::BodyReader {
 public:
  SlowReader(std::string bytes, size_t breaks_after, std::function<void()> wait)
      : bytes_(std::move(bytes)), breaks_after_(breaks_after), wait_(std::move(wait)) {}
  size_t read(char* buffer, size_t size) override {
    wait_();
    if (bits_++ >= breaks_after_)
      throw base::Error(base::ErrorKind::bad_request, "The client has gone.", "simulated");
    const size_t count = std::min({size, bytes_.size() - read_, kBit});
    bytes_.copy(buffer, count, read_);
    read_ += count;
    return count;
  }

 private:
  static constexpr size_t kBit = 16;
  std::string bytes_;
  size_t breaks_after_;
  std::function<void()> wait_;
  size_t read_ = 0;
  size_t bits_ = 0;
};

}  // namespace

Cloud::Cloud(uint64_t seed, const Scale& scale) : simulation_(seed) {
  directory_ =
      std::filesystem::temp_directory_path() / fmt::format("nephele-simulation-{}", ::getpid());
  openstack::FernetKeys::ensure(directory_, platform::system_random());
  const auto prepare = [&](const char* name, std::span<const platform::Migration> migrations) {
    simulation_.prepare_database(
        name, [&](platform::Database& database) { migrate(database, migrations); });
  };
  prepare("nova", nova::store::migrations());
  prepare("neutron", neutron::store::migrations());
  prepare("glance", glance::store::migrations());
  prepare("cinder", cinder::store::migrations());
  configure(scale);

  users_ = simulation_.make_process("users");
  tokens_ = std::make_unique<openstack::Tokens>(directory_, users_->runtime(),
                                                std::make_shared<openstack::Revocations>());
  users_->serve(kKeystone, [this](Request& request) { return sign_in(request); });
  for (size_t i = 0; i < scale.controllers; ++i) {
    const std::string host = fmt::format("controller-{}", i);
    add_service("glance", "glance-registry", host, glance::make_glance_registry);
    add(
        "glance-api@" + host, host,
        [this](SimulatedProcess& process) {
          return glance::make_glance_api(environment(process, "glance", false),
                                         make_store(process, images_, "memory://"),
                                         make_store(process, staged_, "staged://"));
        },
        kGlance);
    add_service("neutron", "neutron-server", host, neutron::make_neutron_server, kNeutron);
    add_service("nova", "nova-conductor", host, nova::make_nova_conductor);
    add_service("nova", "nova-scheduler", host, nova::make_nova_scheduler);
    add_service("nova", "nova-api", host, nova::make_nova_api, kNova);
    add_service("cinder", "cinder-scheduler", host, cinder::make_cinder_scheduler);
    add_service("cinder", "cinder-api", host, cinder::make_cinder_api, kCinder);
    storages_[host] = std::make_shared<Storage>();
    add("cinder-volume@" + host, host,
        [this](SimulatedProcess& process) { return make_volume(process); });
  }
  for (size_t i = 0; i < scale.compute_hosts; ++i) {
    Machine& machine = machines_[fmt::format("compute-{}", i)];
    machine.guests->vcpus = 1000;
    machine.guests->memory_mib = kGuestMemory * scale.guests_per_host;
    machine.disks->total_gib = 1000;
    add_host(fmt::format("compute-{}", i), i < 2);
  }
  start_dead(true);
}

Cloud::~Cloud() {
  for (const auto& process : processes_)
    if (process->process) process->process->kill();
  for (const auto& process : processes_) process->roles.clear();
  users_->kill();
  std::filesystem::remove_all(directory_);
}

void Cloud::configure(const Scale& scale) {
  using Tables = std::vector<std::span<const platform::Option>>;
  const std::string auth_url = std::string(kKeystone) + "/v3";
  auto& nova =
      configs_.emplace("nova", Tables{nova::options(), nova::compute::options()}).first->second;
  nova.set("service_user", "auth_url", auth_url);
  nova.set("service_user", "password", "x");
  nova.set("neutron", "endpoint_override", kNeutron);
  nova.set("glance", "endpoint_override", kGlance);
  nova.set("cinder", "endpoint_override", kCinder);
  nova.set("quota", "instances", std::to_string(scale.servers_per_project));
  auto& neutron =
      configs_.emplace("neutron", Tables{neutron::options(), neutron::agents::options()})
          .first->second;
  neutron.set("nova", "auth_url", auth_url);
  neutron.set("nova", "password", "x");
  neutron.set("nova", "endpoint_override", kNova);
  configs_.emplace("glance", Tables{glance::options()});
  auto& cinder = configs_.emplace("cinder", Tables{cinder::options(), cinder::volume::options()})
                     .first->second;
  cinder.set("service_user", "auth_url", auth_url);
  cinder.set("service_user", "password", "x");
  cinder.set("nova", "endpoint_override", kNova);
  cinder.set("DEFAULT", "glance_api_servers", kGlance);
  cinder.set("DEFAULT", "image_conversion_dir", directory_ + "/conversion");
}

openstack::RoleEnvironment Cloud::environment(SimulatedProcess& process, const std::string& service,
                                              bool with_database) {
  return {process.runtime(),
          process.bus(),
          with_database ? &process.database(service) : nullptr,
          process.transport(),
          configs_.at(service),
          tokens_.get()};
}

void Cloud::add(const std::string& name, const std::string& host,
                std::function<std::unique_ptr<openstack::Role>(SimulatedProcess&)> make,
                const char* url) {
  auto entry = std::make_unique<Process>();
  entry->name = name;
  entry->host = host;
  entry->make = [url, make = std::move(make)](SimulatedProcess& process) {
    std::vector<std::unique_ptr<openstack::Role>> roles;
    roles.push_back(make(process));
    openstack::Role* role = roles.back().get();
    if (url) process.serve(url, [role](Request& request) { return role->api()->handle(request); });
    return roles;
  };
  processes_.push_back(std::move(entry));
}

void Cloud::add_service(const std::string& service, const std::string& role,
                        const std::string& host, Maker make, const char* url) {
  add(
      role + "@" + host, host,
      [this, service, make](SimulatedProcess& process) {
        return make(environment(process, service, true));
      },
      url);
}

void Cloud::add_host(const std::string& name, bool dhcp) {
  add("nova-compute@" + name, name,
      [this](SimulatedProcess& process) { return make_compute(process); });
  add("l2-agent@" + name, name, [this, name](SimulatedProcess& process) {
    return neutron::agents::make_l2_agent(environment(process, "neutron", false),
                                          make_l2(process, machines_.at(name)));
  });
  if (!dhcp) return;
  add("dhcp-agent@" + name, name, [this, name](SimulatedProcess& process) {
    return make_dhcp_agent(environment(process, "neutron", false), process,
                           machines_.at(name).dhcp);
  });
}

std::function<void(const char*)> Cloud::driver_point(SimulatedProcess& process) {
  return [this, &process](const char* where) {
    process.point(where);
    if (driver_failed_ > 0 && simulation_.choose(1000) < static_cast<uint64_t>(driver_failed_))
      throw base::Error(base::ErrorKind::internal, "No space left on device.", where);
  };
}

std::unique_ptr<openstack::Role> Cloud::make_compute(SimulatedProcess& process) {
  const Machine& machine = machines_.at(process.host());
  const auto point = driver_point(process);
  nova::compute::HostParts parts;
  parts.hypervisor = std::make_unique<nova::drivers::FakeHypervisor>(machine.guests, point);
  parts.disks = nova::compute::make_fake_disks(machine.disks, point);
  parts.interfaces = nova::compute::make_fake_interfaces(machine.interfaces, point);
  return nova::compute::make_nova_compute(environment(process, "nova", false), std::move(parts));
}

std::unique_ptr<openstack::Role> Cloud::make_volume(SimulatedProcess& process) {
  const auto& storage = storages_.at(process.host());
  const auto point = driver_point(process);
  return cinder::volume::make_cinder_volume(
      environment(process, "cinder", true),
      {[&](const std::string&) { return make_provider(process, storage, point); },
       cinder::drivers::make_fake_target(storage->targets, point)});
}

void Cloud::start(Process& process) {
  // One that died by itself has tasks that do not know yet: they end before what they work on.
  if (process.process) process.process->kill();
  process.roles.clear();
  process.process = simulation_.make_process(process.host);
  ++process.starts;
  try {
    process.roles = process.make(*process.process);
  } catch (const base::Error& error) {
    // A role that cannot start ends; who supervises it starts it again.
    platform::log_info("role did not start process={} error={}", process.name, error.what());
    process.process->kill();
  }
}

void Cloud::start_dead(bool all) {
  for (const auto& process : processes_) {
    const auto machine = machines_.find(process->host);
    if (machine != machines_.end() && machine->second.gone) continue;
    const bool dead = !process->process || process->process->killed();
    if (dead && (all || simulation_.choose(3) == 0)) start(*process);
  }
}

void Cloud::lose_host(const std::string& host) {
  machines_.at(host).gone = true;
  for (const auto& process : processes_)
    if (process->host == host) process->process->kill();
}

void Cloud::pause_host(const std::string& host, base::Duration duration) {
  for (const auto& process : processes_)
    if (process->host == host) process->process->pause(duration);
}

std::vector<std::string> Cloud::hosts() const {
  std::set<std::string> all;
  for (const auto& process : processes_) {
    const auto machine = machines_.find(process->host);
    if (machine == machines_.end() || !machine->second.gone) all.insert(process->host);
  }
  return {all.begin(), all.end()};
}

Response Cloud::sign_in(Request&) {
  const openstack::TokenData token = token_data(kAdmin, simulation_.now());
  Response response;
  response.status = 201;
  response.body = base::to_text(base::JsonObject{
      {"token", base::JsonObject{{"expires_at", base::format_microseconds(token.expires_at)}}}});
  response.headers.set("Content-Type", "application/json");
  response.headers.set("X-Subject-Token", tokens_->issue(token));
  return response;
}

Request Cloud::request(const std::string& project, const std::string& method,
                       const std::string& target) {
  Request request;
  request.method = method;
  platform::http::set_target(request, target);
  request.headers.set("X-Auth-Token", tokens_->issue(token_data(project, simulation_.now())));
  request.headers.set("OpenStack-API-Version", "volume 3.70");
  return request;
}

Answer Cloud::exchange(const std::string& url_base, Request request) {
  try {
    const Response response =
        users_->transport().send(url_base, std::move(request), std::chrono::seconds{60});
    const bool json =
        !response.body.empty() && response.headers.value("Content-Type").starts_with("application");
    return {response.status, json ? base::parse_json(response.body) : base::Json()};
  } catch (const base::Error&) {
    return {};
  }
}

Answer Cloud::send(const std::string& project, const std::string& url_base,
                   const std::string& method, const std::string& target, const base::Json& body) {
  Request wanted = request(project, method, target);
  if (!body.is_null()) {
    wanted.headers.set("Content-Type", "application/json");
    wanted.body = base::to_text(body);
    wanted.content_length = wanted.body.size();
  }
  return exchange(url_base, std::move(wanted));
}

Answer Cloud::upload(const std::string& project, const std::string& target,
                     const std::string& bytes, size_t breaks_after) {
  Request wanted = request(project, "PUT", target);
  wanted.headers.set("Content-Type", "application/octet-stream");
  wanted.content_length = bytes.size();
  wanted.stream = std::make_shared<SlowReader>(
      bytes, breaks_after, [this] { sleep(std::chrono::milliseconds{simulation_.choose(3000)}); });
  return exchange(kGlance, std::move(wanted));
}

std::unique_ptr<platform::Task> Cloud::start_user(const std::string& name,
                                                  std::function<void()> body) {
  return users_->runtime().executor.start(name, std::move(body));
}

void Cloud::as_user(const std::function<void()>& body) {
  bool done = false;
  std::string failure;
  const auto task = start_user("user", [&] {
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

std::vector<std::string> Cloud::query(const std::string& database, const std::string& sql) {
  std::vector<std::string> rows;
  simulation_.look_into(database).read([&](platform::Session& session) {
    session.query(sql, {}, [&](const platform::SqlRow& row) { rows.emplace_back(row.text(0)); });
  });
  return rows;
}

}  // namespace simulation
