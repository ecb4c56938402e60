// Many machines in one process, on virtual time, one task at a time, from a seed.
//
// Tasks are threads that hand one baton around. Each use of an interface (clock wait, event, bus,
// database, HTTP, driver) is a point at which the seed decides who goes on, how much time passes,
// and what fails. Inside one `Simulation` every run with the same seed is the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/bus/bus.hpp"
#include "platform/database/database.hpp"
#include "platform/http/client.hpp"
#include "platform/runtime.hpp"

namespace platform {

// Thrown into tasks of a killed machine at their next use of an interface. Deliberately no
// std::exception: nothing may catch and outlive it.
struct Killed {};

// Chances in 1/1000 at each point, and what cannot be reached.
struct Faults {
  int message_lost = 0;
  int message_doubled = 0;  // also calls
  int message_delayed = 0;
  int message_late = 0;  // a call that its caller has given up is handled all the same
  int read_failed = 0;
  int commit_failed = 0;
  int commit_unknown = 0;   // committed, but the caller gets an error
  int commit_repeated = 0;  // the closure runs, is rolled back, and runs again
  int http_failed = 0;      // request not delivered, or answer lost after it was handled
  int http_delayed = 0;     // handled late, maybe after its sender has given up or died
  // Hosts. What they send waits in their memory, what is sent to them in queues; after a minute the
  // broker takes them for dead and gives to others what they had not acknowledged.
  std::set<std::string> cut_from_bus = {};
  std::set<std::string> cut_from_http = {};
  std::set<std::string> cut_from_database = {};
  // The requests of the first host do not reach the second, nor do answers to those under way.
  std::set<std::pair<std::string, std::string>> cut_requests = {};
  // The broker is down. It loses calls and fanouts, and keeps the casts that it has confirmed; when
  // it is back the processes connect one after the other.
  bool broker_away = false;
  std::set<std::string> databases_away = {};  // by name
};

class Simulation;

// One simulated process on one simulated host: its own Runtime, bus connection, databases and
// transport. After kill() each of its interfaces refuses, so that no destructor tidies up: that is
// what kill -9 means. In a task that is: it throws Killed; while an exception is in flight, and
// outside of tasks, it does nothing, or throws base::Error(unavailable) if it has to give a result.
// Clock and Random go on. So a destructor that uses an interface must catch everything (`...`).
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
  // Its tasks and the handlers that it serves have ended when this returns, unless one of them
  // called it: that one goes on to its next use of an interface. Calling it again waits again; it
  // stands before the destruction of what the handlers use.
  virtual void kill() = 0;
  [[nodiscard]] virtual bool killed() const = 0;
  // SIGSTOP, and SIGCONT after `duration`: its tasks stand still at their next use of an interface
  // while all others go on. After a minute the bus takes it for dead and gives its messages to
  // others; it does not know, and goes on where it stood.
  virtual void pause(base::Duration duration) = 0;
  [[nodiscard]] virtual bool paused() const = 0;
  // Its wall clock is set forward (or back) by `by`; the steady clock is not.
  virtual void jump_clock(base::Duration by) = 0;
  // A point at which the seed may switch tasks; drivers that fake a host's parts call it. Throws
  // Killed in a killed process, but not while an exception is in flight: so before a driver's
  // destructor removes anything it asks killed().
  virtual void point(const char* where) = 0;
  [[nodiscard]] virtual const std::string& host() const = 0;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed);
  ~Simulation();

  // A new process on host `host`; started again after a kill by making another one. The former
  // one's object must be kept until its tasks have ended (the destructor of its roles waits).
  [[nodiscard]] std::unique_ptr<SimulatedProcess> make_process(const std::string& host);
  // Called once for a database name, to bring its schema up.
  void prepare_database(const std::string& name, const std::function<void(Database&)>& migrate);
  // The database itself, for the test to look at: here nothing fails, and nothing is a point.
  [[nodiscard]] Database& look_into(const std::string& name);
  void faults(Faults faults);

  // Called at every point of every task, on its thread, before the seed decides: it may kill the
  // process, e.g. at its n-th point. It must not wait.
  void on_point(std::function<void(SimulatedProcess&, std::string_view where)> hook);

  // Runs tasks until `done` holds (asked after every few tasks) or virtual time has advanced by
  // `limit`. True: done. Called from the thread that made the simulation, which is no task itself.
  // That thread may use the interfaces too: others then run only while it waits.
  bool run_until(const std::function<bool()>& done, base::Duration limit);
  // A seeded choice for the test itself.
  [[nodiscard]] uint64_t choose(uint64_t bound);
  [[nodiscard]] base::TimePoint now() const;
  // Casts that were given up though all that they needed was there: "topic type: error". They are a
  // bug unless the test meant them.
  [[nodiscard]] const std::vector<std::string>& dead_letters() const;
  // Of every point so far: equal in two runs of the same seed, else something is not deterministic.
  [[nodiscard]] uint64_t trace_hash() const;
  // Gets a line for every point: to see what a failing seed does.
  void trace_to(std::function<void(const std::string& line)> sink);
  // Every task that has not ended, and where it is.
  [[nodiscard]] std::string dump() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace platform
