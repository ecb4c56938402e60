#include "nephele/cloud.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "keystone/bootstrap.hpp"
#include "nephele/needs.hpp"
#include "nephele/observation.hpp"
#include "nephele/role_gate.hpp"
#include "openstack/clients/answers.hpp"
#include "openstack/clients/revocation_feed.hpp"
#include "openstack/healthcheck.hpp"
#include "platform/bus/in_process.hpp"
#include "platform/bus/rabbitmq.hpp"
#include "platform/current_request.hpp"
#include "platform/database/database_metrics.hpp"
#include "platform/database/options.hpp"
#include "platform/failure_points.hpp"
#include "platform/http/client_tls.hpp"
#include "platform/http/server.hpp"
#include "platform/log.hpp"

namespace nephele {
namespace {

constexpr base::Duration kFirstPause = std::chrono::seconds{1};
constexpr base::Duration kLongestPause = std::chrono::seconds{30};

constexpr int kIscsiPort = 3260;

// What a role knows of its surroundings without being told.
struct Derived {
  std::string_view service, group, option;
  std::string value;
};

std::vector<Derived> derived_options(const CommandLine& line, const HostSettings& host) {
  const StateDirectory state{line.state_dir};
  const Secrets& secrets = host.secrets;
  const std::string auth_url = host.api_url(5000) + "/v3";
  std::vector<Derived> options{
      {"keystone", "fernet_tokens", "key_repository", state.fernet_keys()},
      {"glance", "glance_store", "filesystem_store_datadir", state.images()},
      {"glance", "keystone_authtoken", "www_authenticate_uri", host.api_url(5000)},
      {"cinder", "DEFAULT", "state_path", state.volumes()},
      {"cinder", "DEFAULT", "glance_api_servers", host.api_url(9292)},
      {"cinder", "nova", "endpoint_override", host.api_url(8774)},
      {"cinder", "DEFAULT", "target_port", std::to_string(kIscsiPort + host.port_offset)},
      {"cinder", "service_user", "auth_url", auth_url},
      {"cinder", "service_user", "username", "cinder"},
      {"cinder", "service_user", "password", secrets.service_password},
      {"neutron", "nova", "auth_url", auth_url},
      {"neutron", "nova", "username", "neutron"},
      {"neutron", "nova", "password", secrets.service_password},
      {"neutron", "nova", "endpoint_override", host.api_url(8774)},
      {"neutron", "vxlan", "local_ip", host.my_ip},
      {"neutron", "DEFAULT", "state_path", state.networks()},
      {"neutron", "DEFAULT", "nova_metadata_url", host.api_url(8775)},
      {"neutron", "DEFAULT", "metadata_proxy_shared_secret", secrets.metadata_secret},
      {"nova", "service_user", "auth_url", auth_url},
      {"nova", "service_user", "username", "nova"},
      {"nova", "service_user", "password", secrets.service_password},
      {"nova", "neutron", "endpoint_override", host.api_url(9696)},
      {"nova", "neutron", "metadata_proxy_shared_secret", secrets.metadata_secret},
      {"nova", "glance", "endpoint_override", host.api_url(9292)},
      {"nova", "cinder", "endpoint_override", host.api_url(8776)},
      {"nova", "DEFAULT", "instances_path", state.instances()},
  };
  for (const std::string_view service : {"glance", "cinder", "neutron", "nova"}) {
    options.push_back({service, "keystone_authtoken", "auth_url", auth_url});
    options.push_back({service, "keystone_authtoken", "password", secrets.service_password});
  }
  if (!host.my_ip.empty()) {
    options.push_back({"nova", "DEFAULT", "my_ip", host.my_ip});
    options.push_back({"cinder", "DEFAULT", "target_ip_address", host.my_ip});
  }
  return options;
}

}  // namespace

platform::Config load_config(const CommandLine& line, const ServiceEntry& service) {
  platform::Config config(service.options());
  for (const Derived& option : derived_options(line, read_host_settings(line)))
    if (option.service == service.name) config.set(option.group, option.option, option.value);
  apply_host_file(line, service, config);
  const std::string file = fmt::format("{}/{}.conf", line.config_dir, service.name);
  if (std::filesystem::exists(file)) config.load_file(file);
  if (!line.hypervisor.empty() && has_option(service, "DEFAULT", "compute_driver"))
    config.set("DEFAULT", "compute_driver", line.hypervisor);
  return config;
}

keystone::Bootstrap bootstrap_of(const HostSettings& host) {
  keystone::Bootstrap bootstrap;
  bootstrap.admin_password = host.secrets.admin_password;
  bootstrap.service_password = host.secrets.service_password;
  for (const ServiceEntry& service : services())
    bootstrap.public_urls[std::string(service.type)] =
        host.api_url(service.port) + std::string(service.endpoint_path);
  // Its other name in catalogs.
  bootstrap.public_urls["block-storage"] = bootstrap.public_urls.at("volumev3");
  return bootstrap;
}

std::unique_ptr<platform::Database> open_database(const CommandLine& line,
                                                  const ServiceEntry& service,
                                                  const platform::Config& config) {
  const StateDirectory directory{line.state_dir};
  return platform::open_configured_database(config, directory.database(std::string(service.name)));
}

bool is_embedded(const platform::Config& config) {
  return config.text("database", "connection").empty();
}

// Members are made top to bottom and ended bottom to top.
struct Cloud::State {
  CommandLine line;
  Pause pause;
  StateDirectory directory;
  HostSettings host;
  std::unique_ptr<platform::Tracer> tracer;
  platform::Runtime runtime;
  ServiceConfigs configs;
  std::map<std::string_view, std::unique_ptr<platform::Database>> databases;
  std::unique_ptr<Observation> observation;
  std::map<std::string_view, std::unique_ptr<platform::Bus>> buses;
  std::unique_ptr<platform::http::Transport> remote;
  platform::http::LocalTransport transport;
  std::shared_ptr<openstack::Revocations> revocations = std::make_shared<openstack::Revocations>();
  std::unique_ptr<openstack::Tokens> tokens;
  // The handlers of `transport` refer to these. They are there before the roles, and after them.
  std::map<std::string, RoleGate> gates;
  std::unique_ptr<openstack::clients::RevocationFeed> revocation_feed;
  struct Started {
    std::string name;
    std::unique_ptr<openstack::Role> role;
  };
  std::vector<Started> roles;
  std::unique_ptr<platform::http::Server> server;

  State(const CommandLine& command_line, const std::string& process_name, Pause between_attempts)
      : line(command_line),
        pause(std::move(between_attempts)),
        directory{line.state_dir},
        host(read_host_settings(line)),
        tracer(platform::make_file_tracer(
            fmt::format("{}/{}.jsonl", directory.traces(), process_name))),
        runtime{platform::system_executor(), platform::system_clock(), platform::system_random(),
                *tracer, host.name},
        remote(platform::with_failure_points(platform::http::make_curl_transport(
            platform::http::ClientTls{host.ca_file, "[keystone_authtoken] cafile"}))),
        transport(remote.get()) {}

  // Last made are first to go: an agent still talks to its server while it ends.
  ~State() {
    server.reset();
    while (!roles.empty()) {
      gates.at(roles.back().name).close();
      roles.pop_back();
    }
  }

  template <class F>
  void patiently(F attempt);
  void open_databases(const std::vector<const RoleEntry*>& entries);
  void open_database_of(const ServiceEntry& service);
  void open_bus(const ServiceEntry& service);
  void bootstrap_identity();
  void make_tokens(const std::vector<const RoleEntry*>& entries);
  void make_reachable(const std::vector<const RoleEntry*>& entries);
  void add_handler(uint16_t port, const platform::http::Handler& handler);
  void start_role(const RoleEntry& entry);
  void serve(const std::vector<const RoleEntry*>& entries);
};

// What an operator can mend while this process waits is tried until it succeeds, each time with a
// word about it; what needs another configuration ends the start.
template <class F>
void Cloud::State::patiently(F attempt) {
  for (base::Duration wait = kFirstPause;; wait = std::min(wait * 2, kLongestPause)) {
    try {
      return attempt();
    } catch (const base::Error& error) {
      if (!pause || !openstack::clients::is_away(error)) throw;
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait).count();
      fmt::print(stderr, "nephele: {} Trying again in {} s.\n", error.what(), seconds);
      platform::log_warning("not started yet, trying again error={}", error.what());
    }
    pause(wait);
  }
}

void Cloud::State::open_databases(const std::vector<const RoleEntry*>& entries) {
  for (const ServiceEntry& service : services()) {
    const bool wanted = std::any_of(entries.begin(), entries.end(), [&](const RoleEntry* entry) {
      return entry->service == service.name && entry->has_database;
    });
    if (wanted) patiently([&] { open_database_of(service); });
  }
}

// The schema of a database that others use too is changed when an operator says so.
void Cloud::State::open_database_of(const ServiceEntry& service) {
  const platform::Config& config = configs.at(service.name);
  auto database = open_database(line, service, config);
  try {
    if (line.command == "run" && !is_embedded(config))
      platform::check_schema(*database, service.migrations());
    else
      platform::migrate(*database, service.migrations());
  } catch (const base::Error& error) {
    throw base::Error(error.kind(), fmt::format("{}: {}", service.name, error.message()),
                      error.detail());
  }
  database = platform::with_metrics(std::move(database), std::string(service.name), runtime.clock);
  const auto opened =
      databases.emplace(service.name, platform::with_failure_points(std::move(database))).first;
  observation->watch(service, *opened->second);
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
  patiently([&] { platform::check_broker(options); });
  buses.emplace(service.name,
                platform::with_failure_points(platform::make_rabbitmq_bus(runtime, options)));
}

// A cloud of many hosts is bootstrapped once, by `nephele bootstrap`, and not by whoever starts.
void Cloud::State::bootstrap_identity() {
  if (line.command == "run" && !is_embedded(configs.at("keystone"))) return;
  openstack::FernetKeys::ensure(configs.at("keystone").text("fernet_tokens", "key_repository"),
                                runtime.random);
  keystone::bootstrap(*databases.at("keystone"), runtime, bootstrap_of(host));
}

// Keys that only Keystone's host can make; a process without an API needs none.
void Cloud::State::make_tokens(const std::vector<const RoleEntry*>& entries) {
  const auto serves = std::find_if(entries.begin(), entries.end(),
                                   [](const RoleEntry* entry) { return entry->port != 0; });
  if (serves == entries.end()) return;
  const std::string keys = configs.at("keystone").text("fernet_tokens", "key_repository");
  patiently([&] {
    std::error_code error;
    if (std::filesystem::is_directory(keys, error) && !std::filesystem::is_empty(keys, error))
      return;
    throw base::Error(
        base::ErrorKind::unavailable,
        fmt::format("{} checks tokens with the keys in {}, and there are none: run `nephele "
                    "bootstrap` on Keystone's host, and copy its directory to other hosts of APIs "
                    "([fernet_tokens] key_repository).",
                    (*serves)->name, keys));
  });
  tokens = std::make_unique<openstack::Tokens>(keys, runtime, revocations);
  const bool has_keystone = std::any_of(entries.begin(), entries.end(), [](const RoleEntry* entry) {
    return entry->name == "keystone";
  });
  // Keystone tells the tokens of its own process.
  if (has_keystone) return;
  const std::string_view service = (*serves)->service;
  revocation_feed = std::make_unique<openstack::clients::RevocationFeed>(
      transport, openstack::clients::auth_token_credentials(configs.at(service), service),
      revocations, runtime);
  revocation_feed->start();
}

// Under the address at which it listens and the one by which other services know it.
void Cloud::State::add_handler(uint16_t port, const platform::http::Handler& handler) {
  transport.add(host.api_url(port), handler);
  if (host.local_url(port) != host.api_url(port)) transport.add(host.local_url(port), handler);
}

// A role may call another from its first moment on, so addresses are known before any role exists;
// one that is not there yet answers "unavailable".
void Cloud::State::make_reachable(const std::vector<const RoleEntry*>& entries) {
  using platform::http::Request;
  for (const RoleEntry* entry : entries) {
    RoleGate& gate = gates[std::string(entry->name)];
    const auto add = [&](uint16_t port, RoleGate::Visit visit) {
      if (port != 0)
        add_handler(port, [&gate, visit](Request& request) { return gate.pass(request, visit); });
    };
    add(entry->port,
        [](openstack::Role& role, Request& request) { return role.api()->handle(request); });
    add(entry->extra_port,
        [](openstack::Role& role, Request& request) { return role.extra_handler()(request); });
  }
}

void Cloud::State::start_role(const RoleEntry& entry) {
  platform::Database* database = entry.has_database ? databases.at(entry.service).get() : nullptr;
  // One that asks another at once may be earlier than it.
  patiently([&] {
    roles.push_back({std::string(entry.name),
                     entry.make({runtime, *buses.at(entry.service), database, transport,
                                 configs.at(entry.service), tokens.get()})});
  });
  gates.at(roles.back().name).open(*roles.back().role);
  platform::log_info("role started name={}", entry.name);
}

void Cloud::State::serve(const std::vector<const RoleEntry*>& entries) {
  server = std::make_unique<platform::http::Server>(platform::http::ServerOptions{});
  // One for each service, and before any socket is bound: what is wrong is said at once.
  std::map<std::string_view, std::shared_ptr<platform::http::TlsServer>> tls;
  for (const RoleEntry* entry : entries)
    if (entry->port != 0 && !tls.contains(entry->service))
      tls[entry->service] = platform::http::make_tls_server(configs.at(entry->service));
  const auto listen = [&](std::string_view service, uint16_t base, platform::http::Handler handler,
                          std::function<bool(const platform::http::Request&)> streams) {
    const auto port = static_cast<uint16_t>(base + line.port_offset);
    server->listen({host.listen_address, port, std::move(handler), std::move(streams),
                    tls.at(service), host.share_ports});
  };
  const auto watched = [this](platform::http::Handler handler) {
    return openstack::with_healthcheck(std::move(handler),
                                       [this] { return observation->public_problems(); });
  };
  for (size_t i = 0; i < entries.size(); ++i) {
    const RoleEntry* entry = entries[i];
    openstack::Role* role = roles.at(i).role.get();
    if (entry->port != 0)
      listen(
          entry->service, entry->port, watched([role](platform::http::Request& request) {
            return role->api()->handle(request);
          }),
          [role](const platform::http::Request& request) { return role->api()->streams(request); });
    if (entry->extra_port != 0)
      listen(entry->service, entry->extra_port, watched(role->extra_handler()), nullptr);
  }
}

Cloud::Cloud(const CommandLine& line, const std::vector<const RoleEntry*>& entries, Pause pause)
    : state_(std::make_unique<State>(line, process_name(entries), std::move(pause))) {
  State& state = *state_;
  std::set<std::string_view> needed{"keystone"};  // of which each API reads where the keys are
  for (const RoleEntry* entry : entries) needed.insert(entry->service);
  for (const std::string_view service : needed)
    state.configs.emplace(service, load_config(line, get_service(service)));
  check_needs(line, entries, state.configs);
  state.observation = std::make_unique<Observation>(state.host, entries, state.runtime);
  state.open_databases(entries);
  if (state.databases.contains("keystone")) state.bootstrap_identity();
  state.make_reachable(entries);
  state.make_tokens(entries);
  for (const std::string_view service : needed) state.open_bus(get_service(service));
  for (const RoleEntry* entry : entries) state.start_role(*entry);
  state.serve(entries);
  state.observation->started();
}

Cloud::~Cloud() = default;

const HostSettings& Cloud::host() const { return state_->host; }

const ServiceConfigs& Cloud::configs() const { return state_->configs; }

const std::string& Cloud::observed_at() const { return state_->observation->address(); }

std::vector<std::string> Cloud::cautions() const {
  std::vector<const RoleEntry*> entries;
  for (const auto& [name, gate] : state_->gates) entries.push_back(&get_role(name));
  return list_cautions(entries, state_->configs);
}

std::string process_name(const std::vector<const RoleEntry*>& roles) {
  return roles.size() == 1 ? std::string(roles.front()->name) : "nephele";
}

}  // namespace nephele
