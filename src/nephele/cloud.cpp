#include "nephele/cloud.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>

#include "keystone/bootstrap.hpp"
#include "openstack/error_body.hpp"
#include "platform/bus/in_process.hpp"
#include "platform/bus/rabbitmq.hpp"
#include "platform/current_request.hpp"
#include "platform/database/options.hpp"
#include "platform/failure_points.hpp"
#include "platform/http/server.hpp"
#include "platform/log.hpp"

namespace nephele {
namespace {

// Cinder has its place in the catalog and answers honestly until it is built.
constexpr uint16_t kVolumePort = 8776;

platform::http::Response volumes_are_not_built(platform::http::Request& request) {
  return openstack::error_response(
      openstack::ErrorStyle::nova,
      base::Error(base::ErrorKind::not_implemented,
                  "Block Storage is not part of this cloud yet: boot servers from images."),
      request);
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string url_of(const CommandLine& line, uint16_t port) {
  return fmt::format("http://{}:{}", line.listen_address, port + line.port_offset);
}

// What a cloud on embedded parts knows without being told.
struct Derived {
  std::string_view service, group, option;
  std::string value;
};

std::vector<Derived> derived_options(const CommandLine& line, const Secrets& secrets) {
  const StateDirectory state{line.state_dir};
  const std::string auth_url = url_of(line, 5000) + "/v3";
  std::vector<Derived> options{
      {"glance", "glance_store", "filesystem_store_datadir", state.images()},
      {"neutron", "nova", "auth_url", auth_url},
      {"neutron", "nova", "username", "neutron"},
      {"neutron", "nova", "password", secrets.service_password},
      {"neutron", "nova", "endpoint_override", url_of(line, 8774)},
      {"neutron", "DEFAULT", "state_path", state.networks()},
      {"neutron", "DEFAULT", "nova_metadata_url", url_of(line, 8775)},
      {"neutron", "DEFAULT", "metadata_proxy_shared_secret", secrets.metadata_secret},
      {"nova", "service_user", "auth_url", auth_url},
      {"nova", "service_user", "username", "nova"},
      {"nova", "service_user", "password", secrets.service_password},
      {"nova", "neutron", "endpoint_override", url_of(line, 9696)},
      {"nova", "neutron", "metadata_proxy_shared_secret", secrets.metadata_secret},
      {"nova", "glance", "endpoint_override", url_of(line, 9292)},
      {"nova", "DEFAULT", "instances_path", state.instances()},
  };
  if (!line.hypervisor.empty())
    options.push_back({"nova", "DEFAULT", "compute_driver", line.hypervisor});
  return options;
}

keystone::Bootstrap bootstrap_of(const CommandLine& line, const Secrets& secrets) {
  keystone::Bootstrap bootstrap;
  bootstrap.admin_password = secrets.admin_password;
  bootstrap.service_password = secrets.service_password;
  for (const ServiceEntry& service : services())
    bootstrap.public_urls[std::string(service.type)] =
        url_of(line, service.port) + std::string(service.endpoint_path);
  bootstrap.public_urls["volumev3"] = url_of(line, kVolumePort) + "/v3/%(project_id)s";
  return bootstrap;
}

}  // namespace

platform::Config load_config(const CommandLine& line, const ServiceEntry& service,
                             const Secrets& secrets) {
  platform::Config config(service.options());
  for (const Derived& option : derived_options(line, secrets))
    if (option.service == service.name) config.set(option.group, option.option, option.value);
  const std::string file = fmt::format("{}/{}.conf", line.config_dir, service.name);
  if (std::filesystem::exists(file)) config.load_file(file);
  return config;
}

std::unique_ptr<platform::Database> open_database(const CommandLine& line,
                                                  const ServiceEntry& service,
                                                  const platform::Config& config) {
  const StateDirectory directory{line.state_dir};
  return platform::open_configured_database(config, directory.database(std::string(service.name)));
}

// Members are made top to bottom and ended bottom to top.
struct Cloud::State {
  CommandLine line;
  StateDirectory directory;
  Secrets secrets;
  std::unique_ptr<platform::Tracer> tracer;
  platform::Runtime runtime;
  std::map<std::string_view, platform::Config> configs;
  std::map<std::string_view, std::unique_ptr<platform::Database>> databases;
  std::map<std::string_view, std::unique_ptr<platform::Bus>> buses;
  std::unique_ptr<platform::http::Transport> remote;
  platform::http::LocalTransport transport;
  std::unique_ptr<openstack::Tokens> tokens;
  // Roles are referred to by the handlers of `transport`, which exist before them.
  std::map<std::string, openstack::Role*> serving;
  std::vector<std::unique_ptr<openstack::Role>> roles;
  std::unique_ptr<platform::http::Server> server;

  State(const CommandLine& command_line)
      : line(command_line),
        directory{line.state_dir},
        secrets(ensure_secrets(directory, platform::system_random())),
        tracer(platform::make_file_tracer(directory.traces() + "/nephele.jsonl")),
        runtime{platform::system_executor(), platform::system_clock(), platform::system_random(),
                *tracer, host_name()},
        remote(platform::with_failure_points(platform::http::make_curl_transport())),
        transport(remote.get()) {}

  // Last made are first to go: an agent still talks to its server while it ends.
  ~State() {
    server.reset();
    while (!roles.empty()) roles.pop_back();
  }

  void open_service(const ServiceEntry& service);
  void open_bus(const ServiceEntry& service);
  void bootstrap_identity();
  void make_reachable(const std::vector<const RoleEntry*>& entries);
  void start_role(const RoleEntry& entry);
  void serve(const std::vector<const RoleEntry*>& entries);
};

void Cloud::State::open_service(const ServiceEntry& service) {
  configs.emplace(service.name, load_config(line, service, secrets));
  auto database = open_database(line, service, configs.at(service.name));
  platform::migrate(*database, service.migrations());
  databases.emplace(service.name, platform::with_failure_points(std::move(database)));
  open_bus(service);
}

void Cloud::State::open_bus(const ServiceEntry& service) {
  const platform::Config& config = configs.at(service.name);
  if (!service.has_bus || !platform::has_broker(config)) {
    buses.emplace(service.name,
                  platform::with_failure_points(platform::make_in_process_bus(runtime)));
    return;
  }
  const platform::RabbitmqOptions options = platform::rabbitmq_options(config, service.name);
  platform::log_info("message bus service={} transport={}", service.name,
                     platform::without_credentials(options.url));
  buses.emplace(service.name,
                platform::with_failure_points(platform::make_rabbitmq_bus(runtime, options)));
}

void Cloud::State::bootstrap_identity() {
  openstack::FernetKeys::ensure(directory.fernet_keys(), runtime.random);
  keystone::bootstrap(*databases.at("keystone"), runtime, bootstrap_of(line, secrets));
}

// A role may call another from its first moment on, so addresses are known before any role exists;
// one that is not there yet answers "unavailable".
void Cloud::State::make_reachable(const std::vector<const RoleEntry*>& entries) {
  const auto unavailable = [](platform::http::Request&) {
    platform::http::Response response;
    response.status = 503;
    return response;
  };
  for (const RoleEntry* entry : entries) {
    const std::string name(entry->name);
    serving[name] = nullptr;
    if (entry->port != 0)
      transport.add(url_of(line, entry->port),
                    [this, name, unavailable](platform::http::Request& request) {
                      openstack::Role* role = serving.at(name);
                      return role ? role->api()->handle(request) : unavailable(request);
                    });
    if (entry->extra_port != 0)
      transport.add(url_of(line, entry->extra_port),
                    [this, name, unavailable](platform::http::Request& request) {
                      openstack::Role* role = serving.at(name);
                      return role ? role->extra_handler()(request) : unavailable(request);
                    });
  }
}

void Cloud::State::start_role(const RoleEntry& entry) {
  const auto database = databases.find(entry.service);
  roles.push_back(entry.make({runtime, *buses.at(entry.service),
                              entry.has_database ? database->second.get() : nullptr, transport,
                              configs.at(entry.service), tokens.get()}));
  serving[std::string(entry.name)] = roles.back().get();
  platform::log_info("role started name={}", entry.name);
}

void Cloud::State::serve(const std::vector<const RoleEntry*>& entries) {
  server = std::make_unique<platform::http::Server>(platform::http::ServerOptions{});
  const auto port = [this](uint16_t base) {
    return static_cast<uint16_t>(base + line.port_offset);
  };
  bool identity = false;
  for (const RoleEntry* entry : entries) {
    openstack::Role* role = serving.at(std::string(entry->name));
    identity |= entry->name == "keystone";
    if (entry->port != 0)
      server->listen(
          {line.listen_address, port(entry->port),
           [role](platform::http::Request& request) { return role->api()->handle(request); },
           [role](const platform::http::Request& request) {
             return role->api()->streams(request);
           }});
    if (entry->extra_port != 0)
      server->listen({line.listen_address, port(entry->extra_port), role->extra_handler()});
  }
  if (identity) server->listen({line.listen_address, port(kVolumePort), volumes_are_not_built});
}

Cloud::Cloud(const CommandLine& line, std::vector<const RoleEntry*> entries)
    : state_(std::make_unique<State>(line)) {
  std::set<std::string_view> needed;
  for (const RoleEntry* entry : entries) needed.insert(entry->service);
  for (const ServiceEntry& service : services())
    if (needed.contains(service.name)) state_->open_service(service);
  if (needed.contains("keystone")) state_->bootstrap_identity();
  state_->tokens = std::make_unique<openstack::Tokens>(
      state_->directory.fernet_keys(), state_->runtime, std::make_shared<openstack::Revocations>());
  state_->make_reachable(entries);
  for (const RoleEntry* entry : entries) state_->start_role(*entry);
  state_->serve(entries);
}

Cloud::~Cloud() = default;

std::string Cloud::auth_url() const { return url_of(state_->line, 5000) + "/v3"; }

std::string Cloud::url(const ServiceEntry& service) const {
  return url_of(state_->line, service.port) + std::string(service.endpoint_path);
}

const Secrets& Cloud::secrets() const { return state_->secrets; }

}  // namespace nephele
