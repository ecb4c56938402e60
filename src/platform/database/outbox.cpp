#include "platform/database/outbox.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "platform/database/lease.hpp"
#include "platform/database/rows.hpp"
#include "platform/log.hpp"

namespace platform {
namespace {

constexpr size_t kBatch = 100;
constexpr base::Duration kInterval = std::chrono::seconds{1};
// The bus keeps what it was given; this is for a bus that lost it.
constexpr base::Duration kSettleLimit = std::chrono::seconds{60};

constexpr const char* kLeaseName = "outbox";
constexpr base::Duration kLease = std::chrono::seconds{10};
constexpr base::Duration kProlongAfter = std::chrono::seconds{3};
// Fanouts from relays that do not publish to the one that does.
constexpr const char* kOutboxTopic = "outbox";

struct OutgoingRow {
  std::string id;
  std::string topic;
  std::string message;
};

}  // namespace

void enqueue(Session& session, const std::string& topic, const Message& message,
             base::TimePoint now) {
  session.execute("INSERT INTO outbox (id, topic, message, created_at) VALUES (?,?,?,?)",
                  {message.id, topic, to_wire(message), now});
}

// Shared with the bus, which may settle a message after the relay has gone.
struct OutboxRelay::State {
  State(Runtime given, Database& its_database, Bus& its_bus)
      : runtime(std::move(given)), database(its_database), bus(its_bus) {}

  void run();
  bool lead();
  [[nodiscard]] bool another_leads(base::TimePoint now);
  [[nodiscard]] bool stands_back();
  void give_up_lease();
  void tell_leader();
  void delete_settled();
  void expire();
  std::vector<OutgoingRow> next_batch();
  void publish(const std::shared_ptr<State>& state, const OutgoingRow& row);
  void settle(const std::string& id);

  Runtime runtime;
  Database& database;
  Bus& bus;
  std::weak_ptr<State> self;
  const std::string holder = runtime.host + "/" + runtime.random.uuid();
  std::atomic<bool> woken = false;    // by who enqueued here
  std::atomic<bool> leading = false;  // at the last look
  base::SteadyTime held_since{};      // of the loop

  std::mutex mutex;
  Periodic* loop = nullptr;                           // null before and after the relay's life
  std::map<std::string, base::SteadyTime> in_flight;  // id -> when to publish it again
  std::set<std::string> settled;                      // subset of in_flight whose rows may go
  bool stopping = false;
};

void OutboxRelay::State::run() {
  delete_settled();
  expire();
  const bool asked = woken.exchange(false);
  for (;;) {
    if (!lead()) return asked ? tell_leader() : void();
    const std::vector<OutgoingRow> rows = next_batch();
    for (const OutgoingRow& row : rows) publish(self.lock(), row);
    delete_settled();
    const std::lock_guard lock(mutex);
    if (rows.size() < kBatch || stopping) return;
  }
}

// The steady clock tells a process that was stopped that its lease is over.
bool OutboxRelay::State::lead() {
  const base::TimePoint now = runtime.clock.now();
  const base::SteadyTime steady = runtime.clock.steady();
  if (stands_back()) return false;
  if (leading && steady - held_since < kProlongAfter) return true;
  if (!leading && another_leads(now)) return false;
  const bool held = database.write("outbox.lease", [&](Session& session) {
    return hold_lease(session, kLeaseName, holder, now, kLease);
  });
  held_since = steady;
  if (held && !leading) log_info("leads work=outbox holder={}", holder);
  leading = held;
  return held;
}

// Who cannot publish does not lead: another one may have a broker.
bool OutboxRelay::State::stands_back() {
  if (bus.reaches_broker()) return false;
  if (!leading) return true;
  log_warning("no broker: the outbox is left to another process host={}", runtime.host);
  give_up_lease();
  return true;
}

void OutboxRelay::State::give_up_lease() {
  leading = false;
  database.write("outbox.release",
                 [&](Session& session) { release_lease(session, kLeaseName, holder); });
}

bool OutboxRelay::State::another_leads(base::TimePoint now) {
  return database.read([&](Session& session) {
    return another_holds_lease(session, kLeaseName, holder, now, kLease);
  });
}

// If it does not arrive, the leader looks within a second.
void OutboxRelay::State::tell_leader() {
  try {
    bus.fanout(kOutboxTopic,
               {runtime.random.uuid(), "OutboxChanged", 1, "", nullptr, base::JsonObject{}});
  } catch (const base::Error& error) {
    log_debug("the outbox's leader was not told: {}", error.what());
  }
}

void OutboxRelay::State::delete_settled() {
  std::set<std::string> ids;
  {
    const std::lock_guard lock(mutex);
    ids = settled;
  }
  if (ids.empty()) return;
  database.write("outbox.settled", [&](Session& session) {
    for (const std::string& id : ids) session.execute("DELETE FROM outbox WHERE id=?", {id});
  });
  const std::lock_guard lock(mutex);
  for (const std::string& id : ids) {
    settled.erase(id);
    in_flight.erase(id);
  }
}

void OutboxRelay::State::expire() {
  const base::SteadyTime now = runtime.clock.steady();
  const std::lock_guard lock(mutex);
  std::erase_if(in_flight, [&](const auto& entry) {
    return entry.second <= now && !settled.contains(entry.first);
  });
}

std::vector<OutgoingRow> OutboxRelay::State::next_batch() {
  std::set<std::string> known;
  {
    const std::lock_guard lock(mutex);
    for (const auto& entry : in_flight) known.insert(entry.first);
  }
  std::vector<OutgoingRow> rows;
  database.read([&](Session& session) {
    std::vector<std::string> ids;
    session.query("SELECT id FROM outbox ORDER BY created_at, id LIMIT ?", {known.size() + kBatch},
                  [&](const SqlRow& row) {
                    std::string id(row.text(0));
                    if (!known.contains(id) && ids.size() < kBatch) ids.push_back(std::move(id));
                  });
    for (const std::string& id : ids)
      session.query("SELECT topic, message FROM outbox WHERE id=?", {id}, [&](const SqlRow& row) {
        rows.push_back({id, std::string(row.text(0)), std::string(row.text(1))});
      });
  });
  return rows;
}

void OutboxRelay::State::publish(const std::shared_ptr<State>& state, const OutgoingRow& row) {
  {
    const base::SteadyTime again = runtime.clock.steady() + kSettleLimit;
    const std::lock_guard lock(mutex);
    in_flight[row.id] = bus.keeps_casts() ? kNever : again;
  }
  try {
    bus.cast(row.topic, from_wire(row.message), [state, id = row.id] { state->settle(id); });
  } catch (const base::Error& error) {
    // It is tried again later, not at once, so that one bad message can not stop the others.
    const std::lock_guard lock(mutex);
    in_flight[row.id] = runtime.clock.steady() + kSettleLimit;
    log_error("outbox message was not published: id={} topic={} error={}", row.id, row.topic,
              error.what());
  }
}

void OutboxRelay::State::settle(const std::string& id) {
  const std::lock_guard lock(mutex);
  if (!in_flight.contains(id)) return;  // a late answer for one that was published again or is gone
  settled.insert(id);
  if (loop) loop->wake();
}

OutboxRelay::OutboxRelay(Runtime runtime, Database& database, Bus& bus)
    : state_(std::make_shared<State>(std::move(runtime), database, bus)) {
  state_->self = state_;
  subscription_ = bus.subscribe_fanout(kOutboxTopic,
                                       [state = state_](const Message&) -> base::Json {
                                         const std::lock_guard lock(state->mutex);
                                         if (state->loop && state->leading) state->loop->wake();
                                         return nullptr;
                                       },
                                       {"outbox", 1});
  // The loop may run before it is known to the state; what settles meanwhile waits for a second.
  loop_ = std::make_unique<Periodic>(state_->runtime.executor, "outbox", kInterval,
                                     [state = state_.get()] { state->run(); });
  const std::lock_guard lock(state_->mutex);
  state_->loop = loop_.get();
}

OutboxRelay::~OutboxRelay() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->loop = nullptr;
  }
  subscription_.reset();
  loop_.reset();
  release();
}

void OutboxRelay::release() noexcept {
  if (!state_->leading) return;
  try {
    state_->give_up_lease();
  } catch (...) {
    // It ends by itself.
  }
}

void OutboxRelay::wake() {
  state_->woken = true;
  loop_->wake();
}

}  // namespace platform
