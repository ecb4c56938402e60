#include "platform/bus/rabbitmq_link.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/health.hpp"
#include "platform/log.hpp"

namespace platform::rabbitmq {
namespace {

constexpr base::Duration kStopLimit = std::chrono::seconds{5};
constexpr metrics::Description kConnected{"nephele_bus_connected",
                                          "1 if there is a connection to the message queue."};
constexpr metrics::Description kLost{"nephele_bus_connection_failures_total",
                                     "Connections to the message queue that failed or were lost."};

}  // namespace

Link::Link(Runtime runtime, RabbitmqOptions options, std::string purpose, LinkOwner& owner,
           Workers* workers)
    : runtime_(std::move(runtime)),
      options_(std::move(options)),
      purpose_(std::move(purpose)),
      part_(fmt::format("message queue of {} ({})", options_.exchange, purpose_)),
      up_(metrics::registry().gauge(kConnected,
                                    {{"exchange", options_.exchange}, {"purpose", purpose_}})),
      owner_(owner),
      workers_(workers),
      shared_(runtime_, options_.heartbeat, owner),
      turns_ended_(runtime_.executor.make_event()) {}

Link::~Link() {
  stop();
  health().mend(part_);
}

void Link::start() {
  thread_ = runtime_.executor.start("amqp " + purpose_, [this] { run(); });
}

void Link::stop() {
  stop_limit_ = (runtime_.clock.steady() + kStopLimit).since_start.count();
  stopping_ = true;
  shared_.wake();
  thread_.reset();
}

void Link::set_connected(bool connected, const std::string& reason) {
  connected_ = connected;
  up_.set(connected ? 1 : 0);
  if (connected)
    health().mend(part_);
  else
    health().report(part_, reason);
}

base::SteadyTime Link::no_later_than(base::SteadyTime due) {
  if (!stopping_) return due;
  return std::min(due, runtime_.clock.steady() + std::chrono::milliseconds{50});
}

bool Link::may_end() {
  if (!stopping_) return false;
  return owner_.has_finished() || runtime_.clock.steady().since_start.count() >= stop_limit_;
}

void Link::run() {
  base::Duration pause = options_.retry_interval;
  for (size_t attempt = 0; !may_end(); ++attempt) {
    const auto& broker = options_.url.brokers[attempt % options_.url.brokers.size()];
    try {
      run_connection(broker);
      return;
    } catch (const base::Error& error) {
      const bool was_connected = connected_;
      set_connected(false, error.detail().empty() ? error.message() : error.detail());
      metrics::registry()
          .counter(kLost, {{"exchange", options_.exchange}, {"purpose", purpose_}})
          .add();
      owner_.disconnected();
      if (stopping_) return;
      if (was_connected) pause = options_.retry_interval;
      log_warning("message queue lost purpose={} broker={}:{} error={}", purpose_, broker.host,
                  broker.port, error.detail());
    }
    // Each broker of the list is tried before it waits.
    if ((attempt + 1) % options_.url.brokers.size() != 0) continue;
    const base::SteadyTime again = runtime_.clock.steady() + pause;
    while (!stopping_ && runtime_.clock.steady() < again) {
      shared_.pause(again);
      owner_.disconnected();
    }
    pause = std::min(pause * 2, options_.longest_retry_interval);
  }
}

void Link::run_connection(const TransportUrl::Broker& broker) {
  Connection connection(
      options_, broker,
      fmt::format("nephele {} {} {} {}", options_.exchange, purpose_, runtime_.host, ::getpid()));
  owner_.connected(connection);
  set_connected(true);
  log_info("message queue connected purpose={} exchange={} broker={}:{}", purpose_,
           options_.exchange, broker.host, broker.port);
  {
    shared_.lend(connection);
    const base::ScopeExit take_back([this] { shared_.take_back(); });
    serve();
  }
  set_connected(false, "it ends");
  connection.close();
  owner_.disconnected();
}

void Link::serve() {
  if (workers_ == nullptr) {
    (void)read();
    return;
  }
  lost_.reset();
  workers_->post([this] { read_in_turn(); });
  turns_ended_->wait_until(kNever);
  if (lost_) throw base::Error(*lost_);
}

void Link::read_in_turn() {
  std::function<void()> job;
  try {
    job = read();
  } catch (const base::Error& error) {
    lost_ = error;
  }
  if (!job) {
    turns_ended_->set();
    return;
  }
  workers_->post([this] { read_in_turn(); });
  job();
}

std::function<void()> Link::read() {
  while (!may_end()) {
    const base::SteadyTime due = shared_.exchange();
    if (auto job = owner_.take_job()) return job;
    if (may_end()) break;
    shared_.wait(no_later_than(due));
  }
  return nullptr;
}

}  // namespace platform::rabbitmq
