#include "platform/bus/rabbitmq_consumer.hpp"

#include <algorithm>
#include <utility>

#include "platform/log.hpp"

namespace platform::rabbitmq {
namespace {

constexpr base::Duration kEstablishLimit = std::chrono::seconds{10};
// A subscriber of fanouts that does not keep up loses the oldest ones.
constexpr int64_t kMostWaitingFanouts = 1000;
const std::string kCasts = "/casts";
const std::string kCalls = "/calls";

}  // namespace

Consumer::Consumer(const Runtime& runtime, const RabbitmqOptions& options, Workers& workers)
    : runtime_(runtime),
      workers_(workers),
      topology_(options),
      link_(runtime, options, "consume", *this, &workers) {
  link_.start();
}

Consumer::~Consumer() { link_.stop(); }

void Consumer::add(const std::shared_ptr<Subscriber>& subscriber, bool fanout) {
  auto entry = std::make_shared<Entry>();
  entry->subscriber = subscriber;
  entry->fanout = fanout;
  entry->established = runtime_.executor.make_event();
  entry->id = runtime_.random.hex_id();
  {
    const std::lock_guard lock(mutex_);
    entries_[entry->id] = entry;
  }
  post([this, entry](Connection* connection) {
    if (connection != nullptr) establish(*connection, *entry);
  });
  if (!entry->established->wait_until(runtime_.clock.steady() + kEstablishLimit))
    log_warning("subscribed without a message queue: nothing arrives until it is there topic={}",
                subscriber->topic());
}

void Consumer::remove(const std::shared_ptr<Subscriber>& subscriber) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& candidate) {
      return candidate.second->subscriber == subscriber;
    });
    entry = found->second;
    entry->closing = true;
  }
  const auto removed = std::shared_ptr<Event>(runtime_.executor.make_event());
  post([this, entry](Connection* connection) {
    if (connection != nullptr) cancel(*connection, *entry);
  });
  // Between the two the thread hands on what was delivered before.
  post([this, entry, removed](Connection*) {
    {
      const std::lock_guard lock(mutex_);
      entries_.erase(entry->id);
    }
    removed->set();
  });
  removed->wait_until(kNever);
}

void Consumer::acknowledge(Receipt receipt) {
  const auto acknowledge = [this, receipt](Connection& connection) {
    if (receipt.connection == connection_) connection.acknowledge(receipt.tag);
  };
  if (link_.shared().try_use(acknowledge)) return;
  post([acknowledge](Connection* connection) {
    if (connection != nullptr) acknowledge(*connection);
  });
}

void Consumer::post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  link_.shared().wake();
}

Consumer::Command Consumer::next_command() {
  const std::lock_guard lock(mutex_);
  if (commands_.empty()) return nullptr;
  Command command = std::move(commands_.front());
  commands_.pop_front();
  return command;
}

std::vector<std::shared_ptr<Consumer::Entry>> Consumer::entries() {
  std::vector<std::shared_ptr<Entry>> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) all.push_back(entry);
  return all;
}

void Consumer::connected(Connection& connection) {
  ++connection_;
  topology_.forget();
  topology_.ensure_exchange(connection);
  for (const auto& entry : entries()) establish(connection, *entry);
}

void Consumer::establish(Connection& connection, Entry& entry) {
  {
    const std::lock_guard lock(mutex_);
    if (entry.closing || entry.connection == connection_) return;
    entry.connection = connection_;
  }
  const Names& names = topology_.names();
  const std::string& topic = entry.subscriber->topic();
  const auto prefetch =
      static_cast<uint16_t>(std::clamp<size_t>(entry.subscriber->concurrency(), 1, UINT16_MAX));
  if (entry.fanout) {
    const std::string queue =
        names.fanout(topic) + "_" + entry.id + "_" + std::to_string(connection_);
    topology_.ensure_fanout(connection, topic);
    topology_.declare_own(connection, queue, {{"x-max-length", kMostWaitingFanouts}});
    connection.bind(queue, names.fanout(topic), "");
    connection.consume(queue, entry.id, prefetch);
  } else {
    topology_.ensure_casts(connection, topic);
    topology_.ensure_calls(connection, topic);
    connection.consume(names.calls(topic), entry.id + kCalls, prefetch);
    connection.consume(names.casts(topic), entry.id + kCasts, prefetch);
  }
  entry.established->set();
}

void Consumer::cancel(Connection& connection, Entry& entry) {
  if (entry.connection != connection_) return;
  if (entry.fanout) {
    connection.cancel(entry.id);
    return;
  }
  connection.cancel(entry.id + kCasts);
  connection.cancel(entry.id + kCalls);
}

void Consumer::received(Connection& connection, Incoming incoming) {
  auto* delivery = std::get_if<Delivery>(&incoming);
  if (delivery == nullptr) return;
  const std::string& tag = delivery->consumer;
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(tag.substr(0, tag.find('/')));
    if (found != entries_.end()) entry = found->second;
  }
  if (entry == nullptr) {
    connection.give_back(delivery->tag);
    return;
  }
  const Source source = entry->fanout           ? Source::fanout
                        : tag.ends_with(kCalls) ? Source::call
                                                : Source::cast;
  const Receipt receipt{connection_, delivery->tag};
  auto job = entry->subscriber->deliver(source, std::move(*delivery), receipt);
  if (!job) return;
  if (job_) workers_.post(std::move(job_));
  job_ = std::move(job);
}

std::function<void()> Consumer::take_job() { return std::exchange(job_, nullptr); }

base::SteadyTime Consumer::send(Connection& connection) {
  // One at a time: what a cancel has left in the library is handed on before the next.
  if (const Command command = next_command()) command(&connection);
  const std::lock_guard lock(mutex_);
  return commands_.empty() ? kNever : runtime_.clock.steady();
}

// Whoever waits for a command goes on; what it was for ended with the connection. What was
// delivered is done all the same.
void Consumer::disconnected() {
  if (auto job = take_job()) workers_.post(std::move(job));
  while (const Command command = next_command()) command(nullptr);
}

bool Consumer::has_finished() {
  const std::lock_guard lock(mutex_);
  return commands_.empty();
}

}  // namespace platform::rabbitmq
