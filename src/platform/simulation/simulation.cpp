#include "platform/simulation/simulation.hpp"

#include "base/error.hpp"
#include "platform/database/sqlite_memory.hpp"
#include "platform/simulation/network.hpp"
#include "platform/simulation/runtime.hpp"

namespace platform {

using simulation::Broker;
using simulation::FiberPointer;
using simulation::ProcessCore;
using simulation::Scheduler;

namespace {

class Process;

}  // namespace

struct Simulation::State {
  explicit State(uint64_t seed)
      : its_seed(seed), scheduler(seed), broker(scheduler, faults), web(scheduler, faults) {}
  MemoryDatabase& database(const std::string& name) {
    auto& entry = databases[name];
    if (!entry) entry = std::make_unique<MemoryDatabase>();
    return *entry;
  }

  const uint64_t its_seed;
  Scheduler scheduler;
  Faults faults;
  Broker broker;
  simulation::Web web;
  std::map<std::string, std::unique_ptr<MemoryDatabase>> databases;
  std::map<uint64_t, Process*> processes;
  uint64_t next_process = 1;
};

namespace {

class SimulatedSubscription final : public Subscription {
 public:
  SimulatedSubscription(Broker& broker, Broker::SubscriberPointer subscriber)
      : broker_(broker), subscriber_(std::move(subscriber)) {}
  ~SimulatedSubscription() override {
    broker_.unsubscribe(*subscriber_);
    while (!subscriber_->handling.empty()) {
      const FiberPointer fiber = subscriber_->handling.front();
      subscriber_->process->scheduler.join(*fiber);
    }
    // Messages under way may keep the subscriber, but not what its handler holds.
    subscriber_->handler = nullptr;
  }

 private:
  Broker& broker_;
  Broker::SubscriberPointer subscriber_;
};

class SimulatedBus final : public Bus {
 public:
  SimulatedBus(std::shared_ptr<ProcessCore> process, Broker& broker)
      : process_(std::move(process)), broker_(broker) {}

  base::Json call(const std::string& topic, Message message, base::Duration timeout) override {
    const std::string what = "call " + topic + " " + message.type;
    process_->point(what);
    const base::SteadyTime deadline = process_->scheduler.now() + timeout;
    auto call = std::make_shared<Broker::Call>();
    call->waiter = &process_->scheduler.current();
    broker_.call(process_, topic, message, call);
    try {
      return call->wait(*process_, what, deadline);
    } catch (const base::Error& error) {
      if (call->sent || error.kind() != base::ErrorKind::timeout) throw;
      throw base::Error(base::ErrorKind::unavailable, "The message queue can not be reached.");
    }
  }

  // As over RabbitMQ, but not where messages are lost on the way.
  bool keeps_casts() const override { return broker_.keeps_casts(); }
  bool reaches_broker() const override { return broker_.is_connected(*process_); }

  void cast(const std::string& topic, Message message, std::function<void()> settled) override {
    if (refuses_at("cast " + topic + " " + message.type)) return;
    broker_.cast(process_, topic, std::move(message), std::move(settled));
  }

  void fanout(const std::string& topic, Message message) override {
    if (refuses_at("fanout " + topic + " " + message.type)) return;
    broker_.fanout(process_, topic, message);
  }

  std::unique_ptr<Subscription> subscribe(const std::string& topic, MessageHandler handler,
                                          SubscribeOptions options) override {
    return subscribe(topic, std::move(handler), std::move(options), false);
  }
  std::unique_ptr<Subscription> subscribe_fanout(const std::string& topic, MessageHandler handler,
                                                 SubscribeOptions options) override {
    return subscribe(topic, std::move(handler), std::move(options), true);
  }

 private:
  bool refuses_at(const std::string& what) {
    if (process_->refuses()) return true;
    process_->scheduler.point(*process_, what);
    return process_->refuses();
  }

  std::unique_ptr<Subscription> subscribe(const std::string& topic, MessageHandler handler,
                                          SubscribeOptions options, bool fanout) {
    auto subscriber = std::make_shared<Broker::Subscriber>(
        Broker::Subscriber{process_, topic, std::move(handler), std::move(options)});
    if (!process_->refuses()) broker_.subscribe(subscriber, fanout);
    return std::make_unique<SimulatedSubscription>(broker_, std::move(subscriber));
  }

  std::shared_ptr<ProcessCore> process_;
  Broker& broker_;
};

constexpr base::Duration kDatabasePatience = std::chrono::seconds{15};
constexpr base::Duration kDatabasePause = std::chrono::milliseconds{500};

class SimulatedDatabase final : public Database {
 public:
  SimulatedDatabase(std::shared_ptr<ProcessCore> process, std::string name, MemoryDatabase& shared,
                    const Faults& faults)
      : process_(std::move(process)), name_(std::move(name)), shared_(shared), faults_(faults) {}

 protected:
  void run_read(const char*, const std::function<void(Session&)>& work) override {
    process_->point("read");
    wait_until_there("gave up");
    if (process_->scheduler.chance(faults_.read_failed))
      throw unavailable("simulated failure of a read");
    shared_.read([&](Session& session) { work(session); });
  }

  // A point before, and one after: killed there, it is written and nobody was told.
  void run_write(const char* name, const std::function<void(Session&)>& work) override {
    process_->point(name);
    wait_until_there("gave up");
    Scheduler& scheduler = process_->scheduler;
    if (scheduler.chance(faults_.commit_repeated)) roll_back(name, work);
    const bool fails = scheduler.chance(faults_.commit_failed);
    shared_.write(name, [&](Session& session) {
      work(session);
      if (fails) throw unavailable("simulated failure of a commit");
    });
    process_->point("written");
    wait_until_there("the change may have been made or not");
    if (scheduler.chance(faults_.commit_unknown))
      throw unavailable("simulated loss of the answer to a commit");
  }

 private:
  struct RolledBack {};

  static base::Error unavailable(const char* why) {
    return {base::ErrorKind::unavailable, "The database is not available.", why};
  }

  [[nodiscard]] bool is_away() const {
    return faults_.databases_away.contains(name_) ||
           faults_.cut_from_database.contains(process_->host);
  }

  // As over MariaDB: it tries until the database is back or its patience ends.
  void wait_until_there(const char* otherwise) {
    Scheduler& scheduler = process_->scheduler;
    const base::SteadyTime deadline = scheduler.now() + kDatabasePatience;
    while (is_away()) {
      if (scheduler.now() >= deadline) throw unavailable(otherwise);
      static_cast<void>(scheduler.block("database away", scheduler.now() + kDatabasePause));
      process_->refuse_if_killed();
    }
  }

  // As after a deadlock: it runs, and nothing of it is written.
  void roll_back(const char* name, const std::function<void(Session&)>& work) {
    try {
      shared_.write(name, [&](Session& session) {
        work(session);
        throw RolledBack{};
      });
    } catch (const RolledBack&) {
    }
  }

  std::shared_ptr<ProcessCore> process_;
  const std::string name_;
  MemoryDatabase& shared_;
  const Faults& faults_;
};

class SimulatedTransport final : public http::Transport {
 public:
  SimulatedTransport(std::shared_ptr<ProcessCore> process, simulation::Web& web)
      : process_(std::move(process)), web_(web) {}
  http::Response send(const std::string& url_base, http::Request request,
                      base::Duration timeout) override {
    return web_.send(*process_, url_base, std::move(request), timeout);
  }

 private:
  std::shared_ptr<ProcessCore> process_;
  simulation::Web& web_;
};

class NoTracer final : public Tracer {
 public:
  void record(Hop) override {}
};

class Process final : public SimulatedProcess {
 public:
  // In parts: State is private to Simulation.
  Process(std::shared_ptr<void> keep, std::shared_ptr<ProcessCore> core, uint64_t random_seed,
          Broker& broker, simulation::Web& web, const Faults& faults,
          std::function<MemoryDatabase&(const std::string&)> open, std::function<void()> forget)
      : keep_(std::move(keep)),
        core_(std::move(core)),
        broker_(broker),
        web_(web),
        faults_(faults),
        open_(std::move(open)),
        forget_(std::move(forget)),
        clock_(core_->scheduler, core_),
        random_(random_seed),
        executor_(core_),
        bus_(core_, broker),
        transport_(core_, web) {}
  ~Process() override {
    Process::kill();
    forget_();
  }

  Runtime runtime() override { return {executor_, clock_, random_, tracer_, core_->host}; }
  Bus& bus() override { return bus_; }
  Database& database(const std::string& name) override {
    auto& entry = databases_[name];
    if (!entry) entry = std::make_unique<SimulatedDatabase>(core_, name, open_(name), faults_);
    return *entry;
  }
  http::Transport& transport() override { return transport_; }
  void serve(const std::string& url_base, http::Handler handler) override {
    if (!core_->refuses()) web_.serve(core_, url_base, std::move(handler));
  }
  void kill() override {
    if (!core_->killed) {
      core_->killed = true;
      core_->scheduler.resume(*core_);
      broker_.forget(*core_);
      web_.forget(*core_);
    }
    core_->scheduler.unwind(*core_);
  }
  bool killed() const override { return core_->killed; }
  void pause(base::Duration duration) override {
    Scheduler& scheduler = core_->scheduler;
    if (core_->killed || core_->paused) return;
    scheduler.pause(*core_);
    broker_.paused(core_);
    scheduler.at(scheduler.now() + duration, [core = core_, &broker = broker_] {
      core->scheduler.resume(*core);
      broker.resumed(core);
    });
  }
  bool paused() const override { return core_->paused; }
  void jump_clock(base::Duration by) override { core_->clock_offset += by; }
  void point(const char* where) override {
    if (core_->refuses()) return;
    core_->scheduler.point(*core_, where);
    if (core_->refuses()) return;
  }
  const std::string& host() const override { return core_->host; }

 private:
  std::shared_ptr<void> keep_;
  std::shared_ptr<ProcessCore> core_;
  Broker& broker_;
  simulation::Web& web_;
  const Faults& faults_;
  std::function<MemoryDatabase&(const std::string&)> open_;
  std::function<void()> forget_;
  simulation::SimulatedClock clock_;
  simulation::SimulatedRandom random_;
  NoTracer tracer_;
  simulation::SimulatedExecutor executor_;
  SimulatedBus bus_;
  SimulatedTransport transport_;
  std::map<std::string, std::unique_ptr<SimulatedDatabase>> databases_;
};

}  // namespace

Simulation::Simulation(uint64_t seed) : state_(std::make_shared<State>(seed)) {}

Simulation::~Simulation() = default;

std::unique_ptr<SimulatedProcess> Simulation::make_process(const std::string& host) {
  State* state = state_.get();
  const uint64_t number = state->next_process++;
  auto core = std::make_shared<ProcessCore>(state->scheduler, host, number);
  // Streams of their own, so that a process's ids do not depend on how tasks were interleaved.
  const uint64_t random_seed = simulation::Seeded(state->its_seed ^ (number << 32)).next();
  auto process = std::make_unique<Process>(
      state_, core, random_seed, state->broker, state->web, state->faults,
      [state](const std::string& name) -> MemoryDatabase& { return state->database(name); },
      [state, number] { state->processes.erase(number); });
  state->processes[number] = process.get();
  return process;
}

void Simulation::prepare_database(const std::string& name,
                                  const std::function<void(Database&)>& migrate) {
  migrate(state_->database(name));
}

Database& Simulation::look_into(const std::string& name) { return state_->database(name); }

void Simulation::faults(Faults faults) {
  const Faults before = std::exchange(state_->faults, std::move(faults));
  state_->broker.weather_changed(before);
}

void Simulation::on_point(std::function<void(SimulatedProcess&, std::string_view)> hook) {
  if (!hook) {
    state_->scheduler.on_point = nullptr;
    return;
  }
  state_->scheduler.on_point = [state = state_.get(), hook = std::move(hook)](
                                   ProcessCore& core, std::string_view where) {
    const auto found = state->processes.find(core.number);
    if (found != state->processes.end()) hook(*found->second, where);
  };
}

bool Simulation::run_until(const std::function<bool()>& done, base::Duration limit) {
  return state_->scheduler.run_until(done, limit);
}

uint64_t Simulation::choose(uint64_t bound) { return state_->scheduler.below(bound); }

base::TimePoint Simulation::now() const {
  return simulation::SimulatedClock(state_->scheduler).now();
}

const std::vector<std::string>& Simulation::dead_letters() const {
  return state_->broker.dead_letters();
}

uint64_t Simulation::trace_hash() const { return state_->scheduler.trace_hash(); }

void Simulation::trace_to(std::function<void(const std::string&)> sink) {
  state_->scheduler.trace = std::move(sink);
}

std::string Simulation::dump() const { return state_->scheduler.dump(); }

}  // namespace platform
