#include "platform/bus/in_process.hpp"

#include <map>
#include <mutex>

#include "base/error.hpp"
#include "platform/bus/delivery.hpp"
#include "platform/bus/topic.hpp"
#include "platform/log.hpp"
#include "platform/waiting.hpp"

namespace platform {
namespace {

// A subscriber of fanouts that does not keep up loses the oldest ones.
constexpr size_t kMaxWaitingFanouts = 1000;

class TopicSubscription : public Subscription {
 public:
  TopicSubscription(Executor& executor, std::shared_ptr<Topic> topic, const std::string& name,
                    MessageHandler handler, SubscribeOptions options)
      : topic_(std::move(topic)) {
    const size_t concurrency = std::max<size_t>(options.concurrency, 1);
    consumer_ = topic_->add_consumer(std::move(handler), std::move(options));
    for (size_t i = 0; i < concurrency; ++i)
      tasks_.push_back(executor.start(
          name, [topic = topic_, consumer = consumer_] { topic->serve(*consumer); }));
  }
  ~TopicSubscription() override {
    topic_->close(*consumer_);
    tasks_.clear();
    topic_->wait_for_calls(*consumer_);
  }

 private:
  std::shared_ptr<Topic> topic_;
  std::shared_ptr<Topic::Consumer> consumer_;
  std::vector<std::unique_ptr<Task>> tasks_;
};

// The topics of fanout subscribers, one for each of them.
class FanoutGroups {
 public:
  void add(const std::string& name, const std::shared_ptr<Topic>& subscriber) {
    const std::lock_guard lock(mutex_);
    std::erase_if(groups_[name], [](const auto& other) { return other.expired(); });
    groups_[name].push_back(subscriber);
  }
  std::vector<std::shared_ptr<Topic>> members(const std::string& name) {
    std::vector<std::shared_ptr<Topic>> present;
    const std::lock_guard lock(mutex_);
    for (const auto& subscriber : groups_[name])
      if (auto topic = subscriber.lock()) present.push_back(std::move(topic));
    return present;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::weak_ptr<Topic>>> groups_;
};

class InProcessBus final : public Bus {
 public:
  explicit InProcessBus(Runtime runtime) : runtime_(std::move(runtime)) {}

  base::Json call(const std::string& topic, Message message, base::Duration) override {
    assert_may_wait("bus call");
    const RequestScope request(sender_of(message, runtime_));
    HopScope hop(runtime_.tracer, runtime_.clock, "call", hop_name(message, topic));
    const CallScope call(runtime_.clock, topic);
    try {
      return this->topic(topic)->call(message);
    } catch (const base::Error& error) {
      hop.outcome(error.message());
      throw;
    } catch (const std::exception& error) {
      log_error("handler failed topic={} type={} error={}", topic, message.type, error.what());
      throw base::Error(base::ErrorKind::internal, "An unexpected error occurred.", error.what());
    }
  }

  [[nodiscard]] bool keeps_casts() const override { return true; }

  void cast(const std::string& topic, Message message, std::function<void()> settled) override {
    assert_may_wait("bus cast");
    const RequestScope request(sender_of(message, runtime_));
    const HopScope hop(runtime_.tracer, runtime_.clock, "cast", hop_name(message, topic));
    this->topic(topic)->post(std::move(message), std::move(settled));
  }

  void fanout(const std::string& topic, Message message) override {
    assert_may_wait("bus fanout");
    const RequestScope request(sender_of(message, runtime_));
    const HopScope hop(runtime_.tracer, runtime_.clock, "fanout", hop_name(message, topic));
    for (const auto& subscriber : fanouts_.members(topic)) subscriber->post(message, nullptr);
  }

  std::unique_ptr<Subscription> subscribe(const std::string& topic, MessageHandler handler,
                                          SubscribeOptions options) override {
    return std::make_unique<TopicSubscription>(runtime_.executor, this->topic(topic), topic,
                                               std::move(handler), std::move(options));
  }

  std::unique_ptr<Subscription> subscribe_fanout(const std::string& topic, MessageHandler handler,
                                                 SubscribeOptions options) override {
    const TopicPolicy once{.delivery = {.max_tries = 1, .max_tries_while_away = 1},
                           .max_waiting = kMaxWaitingFanouts,
                           .arrival = Arrival::fanout};
    auto own = std::make_shared<Topic>(runtime_, topic, once);
    auto subscription = std::make_unique<TopicSubscription>(runtime_.executor, own, topic,
                                                            std::move(handler), std::move(options));
    fanouts_.add(topic, own);
    return subscription;
  }

 private:
  std::shared_ptr<Topic> topic(const std::string& name) {
    const std::lock_guard lock(mutex_);
    auto& topic = topics_[name];
    if (!topic) topic = std::make_shared<Topic>(runtime_, name, TopicPolicy{});
    return topic;
  }

  Runtime runtime_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Topic>> topics_;
  FanoutGroups fanouts_;
};

}  // namespace

std::unique_ptr<Bus> make_in_process_bus(Runtime runtime) {
  return std::make_unique<InProcessBus>(std::move(runtime));
}

}  // namespace platform
