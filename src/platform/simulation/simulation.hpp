// Many machines in one process, on virtual time, one task at a time, from a seed.
//
// Tasks are threads that hand one baton around. Each use of an interface (clock wait, event, bus,
// database, HTTP, driver) is a point at which the seed decides who goes on, how much time passes,
// and what fails. Inside one `Simulation` every run with the same seed is the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "platform/bus/bus.hpp"
#include "platform/database/database.hpp"
#include "platform/http/client.hpp"
#include "platform/runtime.hpp"

namespace platform {

// Thrown into tasks of a killed machine at their next use of an interface. Deliberately no
// std::exception: nothing may catch and outlive it.
struct Killed {};

// Chances in 1/1000 at each point.
struct Faults {
  int message_lost = 0;
  int message_doubled = 0;
  int message_delayed = 0;
  int commit_failed = 0;
  int http_failed = 0;  // request not delivered, or answer lost after it was handled
};

class Simulation;

// One simulated process on one simulated host: its own Runtime, bus connection, databases and
// transport. After kill() each of its interfaces refuses (throws Killed, or does nothing while
// an exception is in flight), so that no destructor tidies up: that is what kill -9 means.
class SimulatedProcess {
 public:
  virtual ~SimulatedProcess() = default;
  [[nodiscard]] virtual Runtime runtime() = 0;
  [[nodiscard]] virtual Bus& bus() = 0;
  // The database of that name, shared by all processes that name it; it survives a kill.
  [[nodiscard]] virtual Database& database(const std::string& name) = 0;
  // Reaches handlers that processes registered with serve().
  [[nodiscard]] virtual http::Transport& transport() = 0;
  virtual void serve(const std::string& url_base, http::Handler handler) = 0;
  virtual void kill() = 0;
  [[nodiscard]] virtual bool killed() const = 0;
  // A point at which the seed may switch tasks; drivers that fake a host's parts call it. Throws
  // Killed in a killed process.
  virtual void point(const char* where) = 0;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed);
  ~Simulation();

  // A new process on host `host`; started again after a kill by making another one. The former
  // one's object must be kept until its tasks have ended (the destructor of its roles waits).
  [[nodiscard]] std::unique_ptr<SimulatedProcess> make_process(const std::string& host);
  // Called once for a database name, to bring its schema up.
  void prepare_database(const std::string& name, std::function<void(Database&)> migrate);
  void faults(Faults faults);

  // Runs tasks until `done` holds (asked between tasks) or virtual time has advanced by `limit`.
  // True: done. Called from the thread that made the simulation, which is no task itself.
  bool run_until(const std::function<bool()>& done, base::Duration limit);
  // A seeded choice for the test itself.
  [[nodiscard]] uint64_t choose(uint64_t bound);
  [[nodiscard]] base::TimePoint now() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace platform
