#include "nephele/host_settings.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "nephele/roles.hpp"
#include "platform/ini.hpp"

namespace nephele {
namespace {

using platform::Option;
using platform::OptionType;

constexpr Option kHostOptions[] = {
    {"DEFAULT", "host", OptionType::text, "",
     "Name of this host in the cloud, the same for all its roles; empty: the system's host name."},
    {"DEFAULT", "my_ip", OptionType::text, "",
     "This host's address among the hosts: VXLAN tunnels end at it ([vxlan] local_ip), operators "
     "see it."},
    {"DEFAULT", "controller", OptionType::text, "",
     "Name or address at which the APIs are reached: the controller's, or that of a load balancer "
     "before several; https://NAME if they are reached by TLS, the default where [ssl] "
     "cert_file is set here. Where Keystone, Glance, Neutron and Nova are is derived from it "
     "(auth_url, "
     "endpoint_override, nova_metadata_url, the catalog). Empty: the address they listen at."},
    {"DEFAULT", "listen_address", OptionType::text, "127.0.0.1",
     "Address at which the APIs of this host listen; 0.0.0.0: all. --listen goes before it."},
    {"DEFAULT", "share_ports", OptionType::boolean, "false",
     "Whether several processes of a role may listen at the same address and port of this host; "
     "the kernel shares the connections out among them. All must say so, as the same user."},
    {"DEFAULT", "admin_password", OptionType::text, "",
     "Password of the user admin; empty: made by `nephele bootstrap` or `nephele up` and kept in "
     "secrets.json of the state directory.",
     true},
    {"DEFAULT", "service_password", OptionType::text, "",
     "Password of the services' users nova, neutron and glance, the same on all hosts; empty: as "
     "admin_password.",
     true},
    {"DEFAULT", "metadata_proxy_shared_secret", OptionType::text, "",
     "Shared by nova-api and the metadata agents; empty: as admin_password.", true},
    {"DEFAULT", "debug", OptionType::boolean, "false",
     "Log more. Also changes when a process gets SIGHUP."},
    {"DEFAULT", "use_json", OptionType::boolean, "false",
     "Log lines are JSON objects: time, level, role, request_id, project, message."},
    {"metrics", "bind_host", OptionType::text, "127.0.0.1",
     "Address at which each process serves /metrics (Prometheus) and /healthcheck; empty: nowhere. "
     "Whoever reaches it can read both."},
    {"metrics", "bind_port", OptionType::integer, "8900",
     "Port of `nephele up` for them; processes of `nephele run` have the ports after it, one for "
     "each role (docs/operations.md).",
     false, 1, 65000},
    {"healthcheck", "disable_by_file_path", OptionType::text, "",
     "While this file exists, /healthcheck of this host's APIs answers 503: a load balancer sends "
     "them nothing more."},
};

constexpr std::string_view kServicePlaceholder = "{service}";

std::string host_file(const CommandLine& line) { return line.config_dir + "/nephele.conf"; }

std::string text_of_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<platform::IniItem> items_of(const CommandLine& line) {
  const std::string path = host_file(line);
  if (!std::filesystem::exists(path)) return {};
  return platform::parse_ini(text_of_file(path), path);
}

// Of one database for four services each would find the others' tables.
void check_databases(const CommandLine& line) {
  const auto connection = find_in_host_file(line, "database", "connection");
  if (!connection || connection->find(kServicePlaceholder) != std::string::npos) return;
  throw base::Error(
      base::ErrorKind::bad_request,
      fmt::format("{}: [database] connection must say {} where the name of the database differs "
                  "by service, e.g. mysql+pymysql://USER:PASSWORD@HOST/{}",
                  host_file(line), kServicePlaceholder, kServicePlaceholder));
}

std::string system_host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string first_set(const std::string& first, const std::string& second) {
  return first.empty() ? second : first;
}

// An address to connect to where `listen_address` means all.
std::string reachable(const std::string& listen_address) {
  return listen_address == "0.0.0.0" ? "127.0.0.1" : listen_address;
}

std::string url(bool https, const std::string& host, uint16_t port) {
  return fmt::format("{}://{}:{}", https ? "https" : "http", host, port);
}

constexpr std::string_view kPlain = "http://";
constexpr std::string_view kTls = "https://";

void take_scheme(HostSettings& settings) {
  std::string& name = settings.controller;
  if (name.starts_with(kPlain)) {
    settings.https = false;
    name.erase(0, kPlain.size());
  } else if (name.starts_with(kTls)) {
    settings.https = true;
    name.erase(0, kTls.size());
  }
  if (name.empty() || name.find('/') != std::string::npos)
    throw base::Error(base::ErrorKind::bad_request,
                      "controller in nephele.conf is a name or an address, or https:// and it; no "
                      "port and no path");
}

}  // namespace

// Own options first; those of the services so that nothing misspelt is passed over.
platform::Config load_host_file(const CommandLine& line) {
  std::vector<std::span<const Option>> tables{kHostOptions};
  for (const ServiceEntry& service : services())
    for (const auto& table : service.options()) tables.push_back(table);
  platform::Config config(std::move(tables));
  const std::string path = host_file(line);
  if (std::filesystem::exists(path)) config.load_file(path);
  check_databases(line);
  return config;
}

std::span<const Option> host_options() { return kHostOptions; }

bool has_option(const ServiceEntry& service, std::string_view group, std::string_view name) {
  for (const auto& table : service.options())
    for (const Option& option : table)
      if (option.group == group && option.name == name) return true;
  return false;
}

std::string HostSettings::api_url(uint16_t port) const {
  return url(https, controller, port + port_offset);
}

std::string HostSettings::local_url(uint16_t port) const {
  return url(https, reachable(listen_address), port + port_offset);
}

HostSettings read_host_settings(const CommandLine& line) {
  const platform::Config config = load_host_file(line);
  const auto text = [&](std::string_view name) { return config.text("DEFAULT", name); };
  HostSettings settings;
  settings.name = first_set(text("host"), system_host_name());
  settings.my_ip = text("my_ip");
  settings.listen_address = first_set(line.listen_address, text("listen_address"));
  settings.controller = first_set(text("controller"), reachable(settings.listen_address));
  settings.https = !config.text("ssl", "cert_file").empty();
  take_scheme(settings);
  settings.ca_file = config.text("keystone_authtoken", "cafile");
  settings.port_offset = line.port_offset;
  settings.share_ports = config.boolean("DEFAULT", "share_ports");
  settings.debug = line.debug || config.boolean("DEFAULT", "debug");
  settings.json_log = config.boolean("DEFAULT", "use_json");
  settings.metrics_host = config.text("metrics", "bind_host");
  settings.metrics_port = static_cast<uint16_t>(config.integer("metrics", "bind_port"));
  settings.disabling_file = config.text("healthcheck", "disable_by_file_path");
  const Secrets kept = find_secrets(StateDirectory{line.state_dir}).value_or(Secrets{});
  settings.secrets = {
      first_set(text("admin_password"), kept.admin_password),
      first_set(text("service_password"), kept.service_password),
      first_set(text("metadata_proxy_shared_secret"), kept.metadata_secret),
  };
  return settings;
}

void apply_host_file(const CommandLine& line, const ServiceEntry& service,
                     platform::Config& config) {
  for (const platform::IniItem& item : items_of(line))
    if (has_option(service, item.group, item.name))
      config.set(item.group, item.name,
                 base::replace_all(item.value, kServicePlaceholder, service.name));
}

std::optional<std::string> find_in_host_file(const CommandLine& line, std::string_view group,
                                             std::string_view option) {
  std::optional<std::string> value;
  for (const platform::IniItem& item : items_of(line))
    if (item.group == group && item.name == option) value = item.value;
  return value;
}

}  // namespace nephele
