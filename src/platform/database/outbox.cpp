#include "platform/database/outbox.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "platform/database/lease.hpp"
#include "platform/database/rows.hpp"
#include "platform/log.hpp"

namespace platform {
namespace {

constexpr size_t kBatch = 100;
constexpr base::Duration kInterval = std::chrono::seconds{1};
// Time for who wrote a row to publish it himself.
constexpr base::Duration kGrace = std::chrono::seconds{1};
// The bus keeps what it was given; this is for a bus that lost it.
constexpr base::Duration kSettleLimit = std::chrono::seconds{60};
// Rows that are deleted by one statement, and that wait for it at most.
constexpr size_t kDeletedAtOnce = 32;

constexpr const char* kLeaseName = "outbox";
constexpr base::Duration kLease = std::chrono::seconds{10};
constexpr base::Duration kProlongAfter = std::chrono::seconds{3};

struct OutgoingRow {
  std::string topic;
  Message message;
};

// What is known of a row of the outbox.
struct Known {
  base::SteadyTime due;     // when to publish it, or to publish it again
  bool is_settled = false;  // it may go
};

// Numbers of marks are one or kDeletedAtOnce: two statements, whatever is deleted.
void delete_rows(Session& session, std::span<const std::string> ids) {
  static const std::string many = [] {
    std::string sql = "DELETE FROM outbox WHERE id IN (?";
    for (size_t i = 1; i < kDeletedAtOnce; ++i) sql += ",?";
    return sql + ")";
  }();
  for (; ids.size() > 1; ids = ids.subspan(std::min(ids.size(), kDeletedAtOnce))) {
    SqlValues values;
    for (size_t i = 0; i < kDeletedAtOnce; ++i)
      values.emplace_back(ids[std::min(i, ids.size() - 1)]);
    session.execute(many, values);
  }
  if (!ids.empty()) session.execute("DELETE FROM outbox WHERE id=?", {ids.front()});
}

}  // namespace

void enqueue(Session& session, const std::string& topic, const Message& message,
             base::TimePoint now) {
  session.execute("INSERT INTO outbox (id, topic, message, created_at) VALUES (?,?,?,?)",
                  {message.id, topic, to_wire(message), now});
  session.after_commit([topic, message](Outlet& outlet) { outlet.publish(topic, message); });
}

// Shared with the bus, which may settle a message after the relay has gone.
struct OutboxRelay::State final : Outlet {
  State(Runtime given, Database& its_database, Bus& its_bus)
      : runtime(std::move(given)), database(its_database), bus(its_bus) {}

  void publish(const std::string& topic, const Message& message) override;

  void run();
  bool lead();
  [[nodiscard]] bool another_leads(base::TimePoint now);
  [[nodiscard]] bool stands_back();
  void give_up_lease();
  void delete_settled();
  std::vector<OutgoingRow> next_batch();
  [[nodiscard]] std::vector<std::string> due_of(const std::vector<std::string>& ids);
  void forget_gone(const std::vector<std::string>& there, base::SteadyTime now);
  void hand_over(const std::string& topic, const Message& message);
  void settle(const std::string& id);

  Runtime runtime;
  Database& database;
  Bus& bus;
  std::weak_ptr<State> self;
  const std::string holder = runtime.host + "/" + runtime.random.uuid();
  std::atomic<bool> leading = false;  // at the last look
  base::SteadyTime held_since{};      // of the loop

  std::mutex mutex;
  Periodic* loop = nullptr;  // null before and after the relay's life
  std::map<std::string, Known> known;
  size_t settled = 0;  // of those known
  bool stopping = false;
};

void OutboxRelay::State::run() {
  delete_settled();
  while (lead()) {
    const std::vector<OutgoingRow> rows = next_batch();
    for (const OutgoingRow& row : rows) hand_over(row.topic, row.message);
    const std::lock_guard lock(mutex);
    if (rows.size() < kBatch || stopping) return;
  }
  const std::lock_guard lock(mutex);
  forget_gone({}, runtime.clock.steady());
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

void OutboxRelay::State::delete_settled() {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [id, row] : known)
      if (row.is_settled) ids.push_back(id);
  }
  if (ids.empty()) return;
  database.write("outbox.settled", [&](Session& session) { delete_rows(session, ids); });
  const std::lock_guard lock(mutex);
  for (const std::string& id : ids) known.erase(id);
  settled = static_cast<size_t>(std::count_if(
      known.begin(), known.end(), [](const auto& entry) { return entry.second.is_settled; }));
}

// Without a broker it is left to a process that has one.
void OutboxRelay::State::publish(const std::string& topic, const Message& message) {
  if (bus.reaches_broker()) hand_over(topic, message);
}

void OutboxRelay::State::hand_over(const std::string& topic, const Message& message) {
  const base::SteadyTime again = runtime.clock.steady() + kSettleLimit;
  {
    const std::lock_guard lock(mutex);
    known[message.id] = {bus.keeps_casts() ? kNever : again};
  }
  try {
    bus.cast(topic, message, [state = self.lock(), id = message.id] { state->settle(id); });
  } catch (const base::Error& error) {
    // It is tried again later, not at once, so that one bad message can not stop the others.
    const std::lock_guard lock(mutex);
    known[message.id] = {again};
    log_error("outbox message was not published: id={} topic={} error={}", message.id, topic,
              error.what());
  }
}

void OutboxRelay::State::settle(const std::string& id) {
  const std::lock_guard lock(mutex);
  const auto found = known.find(id);
  // Not there: a late answer for one that was published again, or is gone.
  if (found == known.end() || std::exchange(found->second.is_settled, true)) return;
  if (++settled >= kDeletedAtOnce && loop) loop->wake();
}

std::vector<OutgoingRow> OutboxRelay::State::next_batch() {
  size_t limit = kBatch;
  {
    const std::lock_guard lock(mutex);
    limit += known.size();
  }
  std::vector<OutgoingRow> rows;
  database.read([&](Session& session) {
    std::vector<std::string> ids;
    session.query("SELECT id FROM outbox ORDER BY created_at, id LIMIT ?", {limit},
                  [&](const SqlRow& row) { ids.emplace_back(row.text(0)); });
    for (const std::string& id : due_of(ids))
      session.query("SELECT topic, message FROM outbox WHERE id=?", {id}, [&](const SqlRow& row) {
        rows.push_back({std::string(row.text(0)), from_wire(row.text(1))});
      });
  });
  return rows;
}

// Of the rows seen those that are to be published now.
std::vector<std::string> OutboxRelay::State::due_of(const std::vector<std::string>& ids) {
  const base::SteadyTime now = runtime.clock.steady();
  std::vector<std::string> due;
  const std::lock_guard lock(mutex);
  for (const std::string& id : ids) {
    const Known& row = known.try_emplace(id, Known{now + kGrace}).first->second;
    if (row.due <= now && !row.is_settled && due.size() < kBatch) due.push_back(id);
  }
  forget_gone(ids, now);
  return due;
}

// A row that is due and not there has been published by another, or is the leader's to publish.
void OutboxRelay::State::forget_gone(const std::vector<std::string>& there, base::SteadyTime now) {
  const std::set<std::string_view> present(there.begin(), there.end());
  std::erase_if(known, [&](const auto& entry) {
    return entry.second.due <= now && !entry.second.is_settled && !present.contains(entry.first);
  });
}

OutboxRelay::OutboxRelay(Runtime runtime, Database& database, Bus& bus)
    : state_(std::make_shared<State>(std::move(runtime), database, bus)) {
  state_->self = state_;
  // The loop may run before it is known to the state; what settles meanwhile waits for a second.
  loop_ = std::make_unique<Periodic>(state_->runtime.executor, "outbox", kInterval,
                                     [state = state_.get()] { state->run(); });
  {
    const std::lock_guard lock(state_->mutex);
    state_->loop = loop_.get();
  }
  database.set_outlet(state_);
}

OutboxRelay::~OutboxRelay() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->loop = nullptr;
  }
  loop_.reset();
  release();
}

void OutboxRelay::release() noexcept {
  try {
    state_->delete_settled();
    if (state_->leading) state_->give_up_lease();
  } catch (...) {
    // The next leader looks at the rows; the lease ends by itself.
  }
}

}  // namespace platform
