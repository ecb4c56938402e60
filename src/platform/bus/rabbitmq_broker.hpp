// Brokers for tests, started by scripts/rabbitmq.sh. A test is skipped where rabbitmq-server is not
// installed.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "platform/bus/rabbitmq.hpp"
#include "platform/clock.hpp"
#include "platform/executor.hpp"
#include "platform/process.hpp"
#include "platform/random.hpp"
#include "platform/trace.hpp"

namespace platform::rabbitmq {

// One broker in a directory.
class PrivateBroker {
 public:
  // A new one, gone with this object; not started yet.
  PrivateBroker() : directory_(make_directory()), owned_(true) {}
  // One that somebody else runs there.
  explicit PrivateBroker(std::string directory) : directory_(std::move(directory)) {}
  ~PrivateBroker() {
    if (!owned_) return;
    script("stop_broker");
    std::filesystem::remove_all(directory_);
  }
  PrivateBroker(const PrivateBroker&) = delete;
  PrivateBroker& operator=(const PrivateBroker&) = delete;

  [[nodiscard]] static bool is_installed() {
    return std::filesystem::exists("/usr/lib/rabbitmq/bin/rabbitmq-server");
  }
  [[nodiscard]] const std::string& directory() const { return directory_; }

  void start() { script("start_broker"); }
  // rabbitmqctl.
  void control(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"broker_control", directory_});
    script(std::move(arguments));
  }
  // As a power cut.
  void kill() { script("kill_broker"); }

  // It has been started once, then it keeps its ports.
  [[nodiscard]] TransportUrl url() const {
    std::ifstream file(directory_ + "/url");
    std::string text;
    std::getline(file, text);
    return parse_transport_url(text);
  }

 private:
  static std::string make_directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "nephele-broker-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    return pattern;
  }
  void script(const char* function) { script(std::vector<std::string>{function, directory_}); }
  static void script(std::vector<std::string> words) {
    const auto source = std::filesystem::path(__FILE__).parent_path();
    ProcessOptions options;
    options.timeout = std::chrono::seconds{330};
    words.insert(words.begin(), {"bash", source / "../../../scripts/rabbitmq.sh"});
    run_checked(words, options);
  }

  std::string directory_;
  bool owned_ = false;
};

// The broker that all tests of the program share: the one in the directory NEPHELE_TEST_BROKER, or
// one of its own from the first use to the end. Null if it is not installed.
[[nodiscard]] PrivateBroker* shared_broker();

// To reach the shared broker under names that no other test has.
[[nodiscard]] inline Runtime runtime() {
  return {system_executor(), system_clock(), system_random(), null_tracer(), "host1"};
}

[[nodiscard]] inline RabbitmqOptions options_for(const PrivateBroker& broker) {
  RabbitmqOptions options;
  options.url = broker.url();
  options.exchange = "nova";
  options.name_prefix = system_random().hex_id().substr(0, 12) + ".";
  options.retry_interval = std::chrono::milliseconds{100};
  options.longest_retry_interval = std::chrono::milliseconds{500};
  return options;
}

}  // namespace platform::rabbitmq
