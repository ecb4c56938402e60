#include "neutron/agents/plugin.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "platform/current_request.hpp"

namespace neutron::agents {
namespace {

// A look costs as much as its host has ports. Where many changes come at once each look would find
// one more: so an agent rests in proportion to what the look took and to the changes that it found,
// and the next one finds them all. A change that comes alone waits for nothing.
constexpr int kRestPerLook = 10;
constexpr base::Duration kRestPerChange = std::chrono::milliseconds{50};
constexpr base::Duration kLongestRest = std::chrono::milliseconds{500};
constexpr size_t kProblemLimit = 10;

// One message tells of many changes if they came at once.
int count_of_changes(const platform::Message& message) {
  const auto news = base::from_json<ResourcesChanged>(message.body);
  return std::max(1, static_cast<int>(news.port_ids.size()));
}

}  // namespace

std::string Plugin::request_id() const {
  const std::string& current = platform::current_request().request_id;
  return current.empty() ? "req-" + runtime_.random.uuid() : current;
}

AgentLoop::AgentLoop(openstack::RoleEnvironment environment, AgentDescription description,
                     Look look)
    : environment_(environment),
      description_(std::move(description)),
      plugin_(environment.bus, environment.runtime) {
  const auto seconds = [&](const char* option) {
    return std::chrono::seconds{environment_.config.integer("AGENT", option)};
  };
  platform::Executor& executor = environment_.runtime.executor;
  reporting_ =
      std::make_unique<platform::Periodic>(executor, description_.binary + " heartbeat",
                                           seconds("report_interval"), [this] { report(); });
  looking_ = std::make_unique<platform::Periodic>(
      executor, description_.binary, seconds("polling_interval"),
      [this, look = std::move(look)] { look_and_remember(look); });
  if (!description_.hears_server) return;
  subscription_ =
      environment_.bus.subscribe_fanout(std::string(kAgentNotifierTopic),
                                        [this](const platform::Message& message) -> base::Json {
                                          heard_ += count_of_changes(message);
                                          wake();
                                          return nullptr;
                                        },
                                        {description_.binary, 1});
}

AgentLoop::~AgentLoop() {
  subscription_.reset();
  looking_.reset();
  reporting_.reset();
}

void AgentLoop::look_and_remember(const Look& look) {
  const platform::RequestScope scope({"req-" + environment_.runtime.random.uuid(), "", "",
                                      description_.binary, environment_.runtime.host});
  platform::Executor& executor = environment_.runtime.executor;
  const base::SteadyTime begin = executor.clock().steady();
  const int further_changes = std::max(heard_.exchange(0) - 1, 0);
  try {
    remember(look());
  } catch (const base::Error& error) {
    remember({error.message()});
    throw;
  }
  const base::Duration took = executor.clock().steady() - begin;
  executor.sleep_for(
      std::min(std::max(took * kRestPerLook, further_changes * kRestPerChange), kLongestRest));
}

// Operators hear of a change at once.
void AgentLoop::remember(std::vector<std::string> problems) {
  {
    const std::lock_guard lock(mutex_);
    if (problems == problems_) return;
    problems_ = std::move(problems);
  }
  reporting_->wake();
}

void AgentLoop::report() {
  ReportAgentState state;
  state.host = environment_.runtime.host;
  state.binary = description_.binary;
  state.agent_type = description_.agent_type;
  state.configurations = description_.configurations;
  {
    const std::lock_guard lock(mutex_);
    base::JsonArray problems;
    for (const std::string& problem : problems_)
      if (problems.size() < kProblemLimit) problems.emplace_back(problem);
    if (!problems.empty()) state.configurations.as_object()["problems"] = std::move(problems);
  }
  state.start = !reported_;
  static_cast<void>(plugin_.call(state));
  reported_ = true;
}

}  // namespace neutron::agents
