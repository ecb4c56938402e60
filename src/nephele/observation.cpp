#include "nephele/observation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "base/error.hpp"
#include "nephele/database_watch.hpp"
#include "openstack/healthcheck.hpp"
#include "platform/health.hpp"
#include "platform/http/server.hpp"
#include "platform/log.hpp"
#include "platform/metrics.hpp"

namespace nephele {
namespace {

using platform::http::Request;
using platform::http::Response;

// Fixed, so that a role keeps its port when others are added.
struct Place {
  std::string_view role;
  uint16_t place;
};
constexpr std::array kPlaces{
    Place{"keystone", 1},           Place{"glance-registry", 2},
    Place{"glance-api", 3},         Place{"neutron-server", 4},
    Place{"nova-conductor", 5},     Place{"nova-scheduler", 6},
    Place{"nova-api", 7},           Place{"neutron-linuxbridge-agent", 8},
    Place{"neutron-dhcp-agent", 9}, Place{"neutron-metadata-agent", 10},
    Place{"nova-compute", 11},      Place{"cinder-scheduler", 12},
    Place{"cinder-api", 13},        Place{"cinder-volume", 14},
};
// Of roles that the table does not name.
constexpr uint16_t kLastPlace = 50;

constexpr platform::metrics::Description kRole{"nephele_role_info",
                                               "1 for each role that this process runs."};

Response text_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

Response metrics_response() {
  platform::metrics::measure_process(platform::metrics::registry());
  Response response;
  response.headers.set("Content-Type", std::string(platform::metrics::kContentType));
  response.body = platform::metrics::registry().text();
  return response;
}

}  // namespace

uint16_t observation_port(const std::vector<const RoleEntry*>& roles, uint16_t base) {
  if (roles.size() == nephele::roles().size()) return base;
  const auto found = std::find_if(kPlaces.begin(), kPlaces.end(), [&](const Place& place) {
    return place.role == roles.front()->name;
  });
  return static_cast<uint16_t>(base + (found == kPlaces.end() ? kLastPlace : found->place));
}

// Members are ended bottom to top: nobody asks any more when the rest goes.
struct Observation::State {
  explicit State(platform::Runtime given) : runtime(std::move(given)) {}

  Response answer(const Request& request) const;
  std::vector<std::string> list(bool in_full) const;
  void listen(const HostSettings& host, uint16_t port);

  platform::Runtime runtime;
  std::string disabling_file;
  std::string address;
  std::atomic<bool> has_started = false;
  mutable std::mutex mutex;
  std::vector<std::unique_ptr<DatabaseWatch>> watches;  // guarded by mutex
  std::unique_ptr<platform::http::Server> server;
};

Response Observation::State::answer(const Request& request) const {
  if (request.path == "/metrics") return metrics_response();
  if (request.path == "/healthcheck") return openstack::healthcheck_response(request, list(true));
  return text_response(404, "There is /metrics for Prometheus, and /healthcheck.\n");
}

std::vector<std::string> Observation::State::list(bool in_full) const {
  std::vector<std::string> problems;
  const auto add = [&](const std::string& part, const std::string& reason) {
    problems.push_back(in_full ? fmt::format("{}: {}", part, reason) : part + " is not available");
  };
  if (!has_started) problems.emplace_back("it is starting");
  for (const platform::Health::Problem& problem : platform::health().problems())
    add(problem.part, problem.reason);
  {
    const std::lock_guard lock(mutex);
    for (const auto& watch : watches)
      if (const std::string problem = watch->problem(); !problem.empty())
        add("database of " + watch->service(), problem);
  }
  openstack::add_disabling_file(problems, disabling_file);
  return problems;
}

void Observation::State::listen(const HostSettings& host, uint16_t port) {
  if (host.metrics_host.empty()) {
    address = "not served: [metrics] bind_host is empty";
    return;
  }
  platform::http::ServerOptions options;
  options.workers = 1;
  options.stream_workers = 1;
  options.queue_limit = 16;
  server = std::make_unique<platform::http::Server>(options);
  try {
    server->listen({host.metrics_host, port, [this](Request& request) { return answer(request); }});
    address = fmt::format("http://{}:{}", host.metrics_host, port);
  } catch (const base::Error& error) {
    server.reset();
    address = std::string("not served: ") + error.what();
    platform::log_warning("no metrics and health checks, see [metrics] bind_port error={}",
                          error.what());
  }
}

Observation::Observation(const HostSettings& host, const std::vector<const RoleEntry*>& roles,
                         platform::Runtime runtime)
    : state_(std::make_unique<State>(std::move(runtime))) {
  state_->disabling_file = host.disabling_file;
  for (const RoleEntry* role : roles)
    platform::metrics::registry().gauge(kRole, {{"role", role->name}, {"host", host.name}}).set(1);
  state_->listen(
      host, static_cast<uint16_t>(observation_port(roles, host.metrics_port) + host.port_offset));
}

Observation::~Observation() = default;

void Observation::watch(const ServiceEntry& service, platform::Database& database) {
  auto watch = std::make_unique<DatabaseWatch>(state_->runtime, std::string(service.name), database,
                                               service.has_bus);
  const std::lock_guard lock(state_->mutex);
  state_->watches.push_back(std::move(watch));
}

void Observation::started() { state_->has_started = true; }

std::vector<std::string> Observation::problems() const { return state_->list(true); }

std::vector<std::string> Observation::public_problems() const { return state_->list(false); }

const std::string& Observation::address() const { return state_->address; }

}  // namespace nephele
