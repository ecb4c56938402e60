// A bus that remembers who listens to what: for tests that go through every message of a cloud.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/bus/dispatcher.hpp"

namespace api_edge {

struct Listening {
  std::string topic;
  bool fanout = false;
  // What it accepts; nullopt: it looks at no type, as who only lets itself be woken.
  std::optional<std::vector<platform::Dispatcher::Accepted>> accepted;
};

class RecordingBus final : public platform::Bus {
 public:
  explicit RecordingBus(std::unique_ptr<platform::Bus> bus) : bus_(std::move(bus)) {}

  base::Json call(const std::string& topic, platform::Message message,
                  base::Duration timeout) override {
    return bus_->call(topic, std::move(message), timeout);
  }
  void cast(const std::string& topic, platform::Message message,
            std::function<void()> settled) override {
    if (!has_listener(topic)) return bus_->cast(topic, std::move(message), std::move(settled));
    ++in_work_;
    bus_->cast(topic, std::move(message), [this, settled = std::move(settled)] {
      if (settled) settled();
      --in_work_;
    });
  }
  [[nodiscard]] bool keeps_casts() const override { return bus_->keeps_casts(); }
  void fanout(const std::string& topic, platform::Message message) override {
    bus_->fanout(topic, std::move(message));
  }
  std::unique_ptr<platform::Subscription> subscribe(const std::string& topic,
                                                    platform::MessageHandler handler,
                                                    platform::SubscribeOptions options) override {
    remember(topic, false, handler);
    return bus_->subscribe(topic, std::move(handler), std::move(options));
  }
  std::unique_ptr<platform::Subscription> subscribe_fanout(
      const std::string& topic, platform::MessageHandler handler,
      platform::SubscribeOptions options) override {
    remember(topic, true, handler);
    return bus_->subscribe_fanout(topic, std::move(handler), std::move(options));
  }

  // Everybody who has subscribed, also those who do not listen any more.
  [[nodiscard]] std::vector<Listening> list() {
    const std::lock_guard lock(mutex_);
    return list_;
  }
  // Messages cast to who listened then, and not finished yet.
  [[nodiscard]] int casts_in_work() const { return in_work_; }

 private:
  [[nodiscard]] bool has_listener(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    return std::any_of(list_.begin(), list_.end(), [&](const Listening& listening) {
      return !listening.fanout && listening.topic == topic;
    });
  }
  void remember(const std::string& topic, bool fanout, const platform::MessageHandler& handler) {
    Listening listening{topic, fanout, std::nullopt};
    if (const auto* dispatcher = handler.target<platform::Dispatcher>())
      listening.accepted = dispatcher->list_accepted();
    const std::lock_guard lock(mutex_);
    list_.push_back(std::move(listening));
  }

  std::atomic<int> in_work_ = 0;
  std::unique_ptr<platform::Bus> bus_;  // which settles what is cast
  std::mutex mutex_;
  std::vector<Listening> list_;
};

}  // namespace api_edge
