#include "neutron/app/agent_news.hpp"

#include <utility>
#include <vector>

#include "base/error.hpp"
#include "neutron/messages.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"

namespace neutron::app {
namespace {

// Each fanout costs the broker a message per agent, and each agent a thought.
constexpr base::Duration kGathering = std::chrono::milliseconds{50};
constexpr base::Duration kNever = std::chrono::hours{1};  // it is woken

std::vector<std::string> list(const std::set<std::string>& ids) { return {ids.begin(), ids.end()}; }

}  // namespace

void ChangedIds::merge(const ChangedIds& more) {
  networks.insert(more.networks.begin(), more.networks.end());
  ports.insert(more.ports.begin(), more.ports.end());
  groups.insert(more.groups.begin(), more.groups.end());
}

AgentNews::AgentNews(platform::Runtime runtime, platform::Bus& bus)
    : runtime_(std::move(runtime)), bus_(bus) {
  sending_ = std::make_unique<platform::Periodic>(runtime_.executor, "agent news", kNever,
                                                  [this] { send(); });
}

void AgentNews::tell(const ChangedIds& changed) {
  {
    const std::lock_guard lock(mutex_);
    if (pending_.changed.empty()) pending_.request_id = platform::current_request().request_id;
    pending_.changed.merge(changed);
  }
  sending_->wake();
}

AgentNews::Pending AgentNews::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(pending_, {});
}

void AgentNews::send() {
  const Pending news = take();
  if (news.changed.empty()) return;
  const ResourcesChanged body{list(news.changed.networks), list(news.changed.ports),
                              list(news.changed.groups)};
  try {
    bus_.fanout(std::string(kAgentNotifierTopic),
                platform::make_message(runtime_.random.uuid(), news.request_id, nullptr, body));
  } catch (const base::Error& e) {
    platform::log_warning("agents could not be notified error=\"{}\"", e.what());
  }
  runtime_.executor.sleep_for(kGathering);
}

}  // namespace neutron::app
