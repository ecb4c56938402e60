#include "platform/log.hpp"
#include "platform/simulation/network.hpp"

namespace platform::simulation {
namespace {

using Answer = Exchange<http::Response>;

constexpr uint64_t kLongRequestDelay =
    30'000'000;  // microseconds at most, when the seed delays a request

base::Error unreachable(const std::string& url_base) {
  return {base::ErrorKind::unavailable, "The service at " + url_base + " cannot be reached."};
}

http::Response answer(const http::Handler& handler, http::Request& request) {
  try {
    return handler(request);
  } catch (const std::exception& error) {
    log_error("an exception left a handler, which is a bug path={} error={}", request.path,
              error.what());
    http::Response response;
    response.status = 500;
    return response;
  }
}

}  // namespace

void Web::serve(std::shared_ptr<ProcessCore> process, const std::string& url_base,
                http::Handler handler) {
  sites_[url_base].push_back({std::move(process), std::move(handler)});
}

void Web::forget(const ProcessCore& process) {
  for (auto& [url_base, sites] : sites_)
    std::erase_if(sites, [&](const Site& site) { return site.process.get() == &process; });
}

bool Web::is_cut(const std::string& sender, const std::string& server) const {
  return faults_.cut_from_http.contains(sender) || faults_.cut_from_http.contains(server) ||
         faults_.cut_requests.contains({sender, server});
}

const Web::Site* Web::choose(const ProcessCore& sender, const std::string& url_base) {
  const auto found = sites_.find(url_base);
  if (found == sites_.end() || found->second.empty()) return nullptr;
  const auto& sites = found->second;
  const Site& site = sites[sites.size() > 1 ? scheduler_.below(sites.size()) : 0];
  return is_cut(sender.host, site.process->host) ? nullptr : &site;
}

http::Response Web::send(ProcessCore& sender, const std::string& url_base, http::Request request,
                         base::Duration timeout) {
  const std::string what = request.method + " " + url_base + request.path;
  sender.point(what);
  const base::SteadyTime deadline = scheduler_.now() + timeout;
  const Site* site = choose(sender, url_base);
  if (!site || scheduler_.chance(faults_.http_failed)) throw unreachable(url_base);

  const bool answer_lost = scheduler_.chance(faults_.http_failed);
  auto exchange = std::make_shared<Answer>();
  auto shared = std::make_shared<http::Request>(std::move(request));
  shared->peer_address = "127.0.0.1";
  const auto handle = [exchange, shared, answer_lost, handler = site->handler] {
    http::Response response = answer(handler, *shared);
    if (!answer_lost) exchange->answer = std::move(response);
  };
  const auto ended = [this, exchange, url_base, from = sender.host, to = site->process->host] {
    // Killed, or the connection broke after it was handled: the client cannot tell.
    if (is_cut(from, to)) exchange->answer.reset();
    if (!exchange->answer) exchange->error = unreachable(url_base);
    exchange->finish(scheduler_);
  };
  const auto arrive = [this, what, handle, ended, server = site->process] {
    if (server->killed) return ended();
    static_cast<void>(scheduler_.spawn(server, what, handle, ended));
  };
  if (scheduler_.chance(faults_.http_delayed))
    scheduler_.at(scheduler_.now() + std::chrono::microseconds{scheduler_.below(kLongRequestDelay)},
                  arrive);
  else
    arrive();
  http::Response response = exchange->wait(sender, what, deadline);
  sender.point(what + " answered");
  return response;
}

}  // namespace platform::simulation
