"""Laws: forms, robust fits, honest ranges, sealed forecasts. numpy is enough; scipy only for estimator="varpro"."""
from labgpt.laws import forecast
from labgpt.laws.chinchilla import Chinchilla, Optimum
from labgpt.laws.isoflop import IsoFlop, isoflop
from labgpt.laws.power import PowerLaw

__all__ = ["Chinchilla", "IsoFlop", "Optimum", "PowerLaw", "forecast", "isoflop"]
