// `nephele status`: roles, hosts, queues and lag at a glance. What can not be seen from this host
// is said, and hides nothing else.
#include <fmt/core.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cinder/overview.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "nephele/database_watch.hpp"
#include "nephele/observation.hpp"
#include "nephele/topics.hpp"
#include "neutron/agent_states.hpp"
#include "nova/overview.hpp"
#include "platform/bus/rabbitmq.hpp"
#include "platform/bus/rabbitmq_queues.hpp"
#include "platform/http/client_tls.hpp"

namespace nephele {
namespace {

using openstack::RoleState;

constexpr base::Duration kPatience = std::chrono::seconds{3};
// Older messages in an outbox than this mean that nobody publishes them.
constexpr base::Duration kLag = std::chrono::seconds{10};

// All that is shown, and what could not be.
struct Glance {
  bool all_well = true;
  std::vector<std::string> unseen;
};

std::string ago(base::Duration age) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  if (seconds < 120) return fmt::format("{} s ago", seconds);
  if (seconds < 7200) return fmt::format("{} min ago", seconds / 60);
  return fmt::format("{} h ago", seconds / 3600);
}

// "up" with the milliseconds that the answer took, or why not.
std::string health_of(platform::http::Transport& transport, const std::string& url, bool& well) {
  const platform::Clock& clock = platform::system_clock();
  const base::SteadyTime begin = clock.steady();
  platform::http::Request request;
  request.path = "/healthcheck";
  try {
    auto response = transport.send(url, request, kPatience);
    const double took = static_cast<double>((clock.steady() - begin).count()) / 1000.0;
    if (response.status < 500) return fmt::format("up ({:.1f} ms)", took);
    well = false;
    return "not well: " + base::replace_all(response.body, "\n", "; ");
  } catch (const base::Error& error) {
    well = false;
    return "down: " + error.message();
  }
}

void print_apis(const HostSettings& host, platform::http::Transport& transport, Glance& glance) {
  fmt::print("APIs\n");
  for (const ServiceEntry& service : services()) {
    const std::string url = host.api_url(service.port);
    fmt::print("  {:<10} {:<32} {}\n", service.type, url,
               health_of(transport, url, glance.all_well));
  }
}

// Which roles say so at that address; empty: nothing is there.
std::vector<std::string> roles_at(platform::http::Transport& transport, const std::string& url) {
  platform::http::Request request;
  request.path = "/metrics";
  std::vector<std::string> found;
  try {
    const std::string text = transport.send(url, request, kPatience).body;
    constexpr std::string_view kStart = "nephele_role_info{role=\"";
    for (const std::string_view line : base::split(text, '\n'))
      if (line.starts_with(kStart))
        found.emplace_back(
            line.substr(kStart.size(), line.find('"', kStart.size()) - kStart.size()));
  } catch (const base::Error&) {
    // Nobody listens: that role does not run here.
  }
  return found;
}

// False: nothing is there.
bool print_process(const HostSettings& host, platform::http::Transport& transport, uint16_t port,
                   Glance& glance) {
  const std::string address = host.metrics_host == "0.0.0.0" ? "127.0.0.1" : host.metrics_host;
  const std::string url = fmt::format("http://{}:{}", address, port + host.port_offset);
  const std::vector<std::string> roles = roles_at(transport, url);
  if (roles.empty()) return false;
  const std::string name =
      roles.size() == nephele::roles().size() ? "nephele up" : base::join(roles, ", ");
  fmt::print("  {:<43} {:<22} {}\n", name, url, health_of(transport, url, glance.all_well));
  return true;
}

void print_processes(const HostSettings& host, platform::http::Transport& transport,
                     Glance& glance) {
  if (host.metrics_host.empty()) {
    glance.unseen.emplace_back("processes of this host: [metrics] bind_host is empty");
    return;
  }
  fmt::print("\nprocesses on {}\n", host.name);
  std::set<uint16_t> ports{host.metrics_port};
  for (const RoleEntry& role : roles()) ports.insert(observation_port({&role}, host.metrics_port));
  bool any = false;
  for (const uint16_t port : ports) any |= print_process(host, transport, port, glance);
  if (!any) fmt::print("  none\n");
}

// The database of a service as this host reaches it. Throws base::Error saying why it does not.
std::unique_ptr<platform::Database> open_for_status(const CommandLine& line,
                                                    const ServiceEntry& service,
                                                    platform::Config& config) {
  config.set("database", "pool_timeout", "3");
  const StateDirectory directory{line.state_dir};
  if (is_embedded(config) &&
      !std::filesystem::exists(directory.database(std::string(service.name))))
    throw base::Error(base::ErrorKind::unavailable,
                      "this host has none and [database] connection names none: ask on a host of "
                      "the controller's roles");
  return open_database(line, service, config);
}

void print_outbox(const ServiceEntry& service, platform::Database& database, Glance& glance) {
  const OutboxState outbox = read_outbox(database, platform::system_clock().now());
  if (outbox.oldest > kLag) glance.all_well = false;
  const std::string lag =
      outbox.messages == 0 ? "" : fmt::format(", the oldest {}", ago(outbox.oldest));
  fmt::print("  {:<10} {} messages wait{}\n", service.name, outbox.messages, lag);
}

void print_roles_of(const std::vector<RoleState>& states, base::TimePoint now, Glance& glance) {
  for (const RoleState& state : states) {
    if (!state.up || !state.remark.empty()) glance.all_well = false;
    fmt::print("  {:<27} {:<20} {:<5} {:<9} {:<12} {}\n", state.role, state.host,
               state.up ? "up" : "DOWN", state.enabled ? "" : "disabled", ago(now - state.reported),
               state.remark);
  }
}

void print_hosts(const nova::Overview& overview) {
  fmt::print("\ncompute hosts\n  {:<20} {:<5} {:>7} {:>8} {:>7} {:>9} {:>17} {:>9}  {}\n", "host",
             "state", "servers", "running", "in work", "vcpus", "memory MiB", "free GiB", "type");
  for (const nova::HostOverview& host : overview.hosts)
    fmt::print("  {:<20} {:<5} {:>7} {:>8} {:>7} {:>9} {:>17} {:>9}  {}{}\n", host.host,
               host.up ? "up" : "DOWN", host.servers, host.running_guests, host.in_progress,
               fmt::format("{}/{}", host.vcpus_used, host.vcpus),
               fmt::format("{}/{}", host.memory_mib_used, host.memory_mib), host.free_disk_gib,
               host.virt_type, host.enabled ? "" : " disabled");
}

void print_pools(const cinder::Overview& overview) {
  fmt::print("\nvolume pools\n  {:<38} {:<5} {:>9} {:>9} {:>11}\n", "pool", "state", "GiB", "free",
             "promised");
  for (const cinder::PoolOverview& pool : overview.pools)
    fmt::print("  {:<38} {:<5} {:>9} {:>9} {:>11}{}\n", pool.name, pool.up ? "up" : "DOWN",
               pool.total_gib, pool.free_gib, pool.claimed_gib, pool.enabled ? "" : "  disabled");
}

// What the databases of this cloud say. One that can not be read is skipped.
class DatabaseView {
 public:
  DatabaseView(const CommandLine& line, Glance& glance) : glance_(glance) {
    for (const char* name : {"glance", "cinder", "neutron", "nova"}) open(line, get_service(name));
  }

  void print() {
    const base::TimePoint now = platform::system_clock().now();
    std::vector<RoleState> states;
    nova::Overview overview;
    look("nova", [&](const Opened& nova) {
      overview = nova::read_overview(*nova.database, nova.config, now);
      states = overview.roles;
    });
    cinder::Overview storage;
    look("cinder", [&](const Opened& cinder) {
      storage = cinder::read_overview(*cinder.database, cinder.config, now);
      states.insert(states.end(), storage.roles.begin(), storage.roles.end());
    });
    look("neutron", [&](const Opened& neutron) {
      const auto agents = neutron::list_agent_states(*neutron.database, neutron.config, now);
      states.insert(states.end(), agents.begin(), agents.end());
    });
    if (!states.empty()) fmt::print("\nroles that report\n");
    print_roles_of(states, now, glance_);
    if (!overview.hosts.empty()) print_hosts(overview);
    if (!storage.pools.empty()) print_pools(storage);
    if (has("nova"))
      print_operations("servers", overview.servers, overview.operations, overview.overdue);
    if (has("cinder"))
      print_operations("volumes", storage.volumes, storage.operations, storage.overdue);
    if (!opened_.empty()) fmt::print("\noutbox\n");
    for (const ServiceEntry& service : services())
      look(service.name, [&](const Opened& of) { print_outbox(service, *of.database, glance_); });
  }

 private:
  struct Opened {
    std::string_view name;
    platform::Config config;
    std::unique_ptr<platform::Database> database;
  };

  void open(const CommandLine& line, const ServiceEntry& service) {
    platform::Config config = load_config(line, service);
    try {
      auto database = open_for_status(line, service, config);
      opened_.emplace(service.name, Opened{service.name, config, std::move(database)});
    } catch (const base::Error& error) {
      unseen(service.name, error);
    }
  }

  void unseen(std::string_view service, const base::Error& error) {
    glance_.unseen.push_back(fmt::format("database of {}: {}", service, error.message()));
  }

  void print_operations(const char* what, const std::map<std::string, int64_t>& by_state,
                        int64_t operations, int64_t overdue) {
    std::string text;
    for (const auto& [state, count] : by_state)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
    if (overdue > 0) glance_.all_well = false;
    fmt::print("\n{:<12} {}; {} in an operation, {} of them overdue\n", what,
               text.empty() ? "none" : text, operations, overdue);
  }

  [[nodiscard]] bool has(std::string_view name) const { return opened_.contains(name); }

  template <class F>
  void look(std::string_view name, F work) {
    const auto found = opened_.find(name);
    if (found == opened_.end()) return;
    try {
      work(found->second);
    } catch (const base::Error& error) {
      unseen(name, error);
    }
  }

  Glance& glance_;
  std::map<std::string_view, Opened> opened_;
};

// Nothing of a topic that nobody waits for and that holds nothing.
void print_topic(std::string_view service, const std::string& topic,
                 const platform::rabbitmq::TopicState& state, Glance& glance) {
  const bool nobody = state.cast_consumers == 0;
  if (nobody && state.casts > 0) glance.all_well = false;
  fmt::print("  {:<10} {:<34} {:>8} {:>10} {:>8}  {}\n", service, topic, state.casts,
             state.cast_consumers, state.calls, nobody ? "nobody listens" : "");
}

void print_queues_of(const CommandLine& line, const ServiceEntry& service,
                     const platform::Config& config, Glance& glance) {
  platform::rabbitmq::Queues queues(platform::rabbitmq_options(config, service.name));
  std::vector<std::string> topics;
  try {
    topics = list_topics(line, service.name);
  } catch (const base::Error& error) {
    glance.unseen.push_back(fmt::format("topics of {}'s hosts: {}", service.name, error.message()));
  }
  for (const std::string& topic : topics)
    if (const auto state = queues.find_topic(topic))
      print_topic(service.name, topic, *state, glance);
  const size_t dead = queues.list_dead_letters().size();
  if (dead == 0) return;
  glance.all_well = false;
  fmt::print("  {:<10} {} dead letters: nephele queue list\n", service.name, dead);
}

void print_queues(const CommandLine& line, Glance& glance) {
  bool titled = false;
  for (const ServiceEntry& service : services()) {
    if (!service.has_bus) continue;
    const platform::Config config = load_config(line, service);
    if (!platform::has_broker(config)) continue;
    if (!titled)
      fmt::print("\nqueues\n  {:<10} {:<34} {:>8} {:>10} {:>8}\n", "service", "topic", "waiting",
                 "consumers", "calls");
    titled = true;
    try {
      print_queues_of(line, service, config, glance);
    } catch (const base::Error& error) {
      glance.unseen.push_back(
          fmt::format("queues of {}: {}", service.name,
                      error.detail().empty() ? error.message() : error.detail()));
    }
  }
}

}  // namespace

int print_status(const CommandLine& line) {
  const HostSettings host = read_host_settings(line);
  const auto transport = platform::http::make_curl_transport(
      platform::http::ClientTls{host.ca_file, "[keystone_authtoken] cafile"});
  Glance glance;
  print_apis(host, *transport, glance);
  print_processes(host, *transport, glance);
  DatabaseView(line, glance).print();
  print_queues(line, glance);
  if (!glance.unseen.empty()) fmt::print("\nnot seen from here\n");
  for (const std::string& what : glance.unseen) fmt::print("  {}\n", what);
  return glance.all_well && glance.unseen.empty() ? 0 : 1;
}

}  // namespace nephele
